import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PCMA, PCMU, type G711Codec } from '../../../src/adapters/embedded-media/g711.js';
import { startBridge, type TestBridge } from '../kit/bridge.js';
import { TONE_DBFS, type Caller } from '../kit/caller.js';
import { forEachEngine, type EngineName } from '../kit/engines.js';
import { freePort } from '../kit/ports.js';
import { withBridge, type Scene } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';
import { MARGIN_DB, measure, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';
import { ownAddress } from './own-address.js';
import { describeWith, maySendRawPackets } from './programs.js';
import { encoded, lastingTone, spokenPackets, tone, writeRecording } from './recordings.js';
import { SippCall, type SippOptions } from './sipp-call.js';

const [HOST_HZ, SIPP_HZ, OTHER_HZ] = TONES_HZ;
/** How long SIPp stays in the conference. */
const STAY_MS = 9_000;
const TRANSPORTS = ['udp', 'tcp'] as const;

/** A file for `rtp_stream`: one second of its tone, repeated. */
const toneFile = (directory: string): Promise<void> =>
  writeFile(join(directory, 'tone.pcmu'), encoded(PCMU, tone(SIPP_HZ, TONE_DBFS)));

/** A recording for `play_pcap_audio`: keys, if any, then the tone. */
const recording =
  (codec: G711Codec, keys: string) =>
  (directory: string): Promise<void> => {
    const samples = lastingTone(SIPP_HZ, TONE_DBFS, STAY_MS / 1_000 + 2);
    return writeRecording(join(directory, 'recording.pcap'), spokenPackets({ codec, keys, samples }));
  };

/** SIPp calls, and is ended when the test is over, however it ends. */
async function withSipp(stage: Scene, options: SippOptions, watch: (sipp: SippCall) => Promise<void>): Promise<void> {
  const sipp = new SippCall(stage.bridge, options);
  try {
    await watch(sipp);
  } finally {
    await sipp.kill();
  }
}

/** SIPp plays a scenario whose end is all that matters. */
async function plays(stage: Scene, options: SippOptions): Promise<SippCall> {
  const sipp = new SippCall(stage.bridge, options);
  await sipp.succeeds().finally(() => sipp.kill());
  return sipp;
}

/** A host of a conference of its own, in already, saying a tone. */
async function hosting(stage: Scene): Promise<{ readonly host: Caller; readonly guestPin: string }> {
  const account = await stage.addAccount();
  const host = await stage.call(account.hostPin, { hz: HOST_HZ });
  await host.hears(spoken('you-are-the-host'));
  return { host, guestPin: account.guestPin };
}

/** The host hears what SIPp plays, well above what nobody plays, and the host's own voice not at all. */
async function hearsSipp(host: Caller): Promise<void> {
  await untilHears(host, [SIPP_HZ]);
  const { levels } = await measure(host, [SIPP_HZ, HOST_HZ, OTHER_HZ]);
  const level = (hz: number): number => levels.get(hz) ?? -Infinity;
  expect(level(SIPP_HZ) - Math.max(level(HOST_HZ), level(OTHER_HZ))).toBeGreaterThanOrEqual(MARGIN_DB);
}

/** SIPp joins as guest by one of the ways to key a PIN, is heard, and hangs up. */
async function joinsAndIsHeard(
  stage: Scene,
  options: SippOptions & { readonly keys?: G711Codec },
): Promise<ReturnType<SippCall['record']>> {
  const { host, guestPin } = await hosting(stage);
  const { keys, ...rest } = options;
  const prepare = keys === undefined ? {} : { prepare: recording(keys, guestPin) };
  const sipp = new SippCall(stage.bridge, { pin: guestPin, pauseMs: STAY_MS, ...rest, ...prepare });
  try {
    await hearsSipp(host);
    await sipp.succeeds();
    await untilSilent(host, [SIPP_HZ]);
  } finally {
    await sipp.kill();
  }
  return sipp.record();
}

function calls(engine: EngineName): void {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  const rawScene: typeof scene = maySendRawPackets()
    ? scene
    : (title) => it.skip(`${title} (skipped: SIPp may not send recorded packets, run as root)`, () => undefined);

  for (const transport of TRANSPORTS) {
    rawScene(`over ${transport}: joins by telephone events, in A-law, and is heard`, async (stage) => {
      const call = await joinsAndIsHeard(stage, { scenario: 'keys-as-events', transport, keys: PCMA });
      expect(call).toMatchObject({ outcome: 'completed', keyMethod: 'event', codec: 'PCMA', trunk: 'local' });
    });

    rawScene(`over ${transport}: joins by events whose timestamps count milliseconds, and is heard`, async (stage) => {
      const prepare = recording(PCMU, '');
      const call = await joinsAndIsHeard(stage, { scenario: 'keys-by-play-dtmf', transport, prepare });
      expect(call).toMatchObject({ outcome: 'completed', keyMethod: 'event', codec: 'PCMU' });
    });

    for (const scenario of ['keys-by-info-relay', 'keys-by-info']) {
      const type = scenario === 'keys-by-info' ? 'application/dtmf' : 'application/dtmf-relay';
      scene(`over ${transport}: joins by INFO with ${type}, and is heard`, async (stage) => {
        const call = await joinsAndIsHeard(stage, { scenario, transport, prepare: toneFile });
        expect(call).toMatchObject({ outcome: 'completed', keyMethod: 'info', codec: 'PCMU' });
      });
    }

    scene(`over ${transport}: answers the offer of the bridge in its ACK, joins and is heard`, async (stage) => {
      const call = await joinsAndIsHeard(stage, { scenario: 'late-offer', transport, prepare: toneFile });
      expect(call.outcome).toBe('completed');
    });

    scene(`over ${transport}: holds in three ways, each answered for what it is, and is heard again`, async (stage) => {
      const { host, guestPin } = await hosting(stage);
      const options = { scenario: 'hold', transport, pin: guestPin, pauseMs: 7_000, prepare: toneFile } as const;
      await withSipp(stage, options, async (sipp) => {
        await untilHears(host, [SIPP_HZ]);
        await untilSilent(host, [SIPP_HZ]);
        await hearsSipp(host);
        await sipp.succeeds();
        expect((await sipp.record()).outcome).toBe('completed');
      });
    });

    scene(`over ${transport}: is hung up on after three wrong PINs`, async (stage) => {
      const sipp = await plays(stage, { scenario: 'wrong-pins', transport, pin: '111111111', prepare: toneFile });
      expect((await sipp.record()).outcome).toBe('wrong-pin');
    });

    scene(`over ${transport}: gives up while in setup, and the call is over`, async (stage) => {
      const sipp = await plays(stage, { scenario: 'cancel', transport, calls: 5 });
      const outcomes = (await sipp.records()).map(({ outcome }) => outcome);
      expect(outcomes).toHaveLength(5);
      expect(outcomes).toContain('cancelled');
      // Where CANCEL and 200 crossed, it hung up after all.
      expect(outcomes.filter((outcome) => outcome !== 'cancelled' && outcome !== 'abandoned')).toEqual([]);
    });

    scene(`over ${transport}: sends the same INVITE twice and is one call`, async (stage) => {
      const sipp = await plays(stage, { scenario: 'repeated-invite', transport });
      expect((await sipp.record()).outcome).toBe('abandoned');
    });

    scene(`over ${transport}: refreshes a session timer of 90 s by UPDATE and re-INVITE`, async (stage) => {
      await plays(stage, { scenario: 'session-timer', transport });
    });

    scene(`over ${transport}: is told the smallest session timer when it asks for less`, async (stage) => {
      await plays(stage, { scenario: 'session-timer-too-short', transport });
    });

    scene(`over ${transport}: gets 404 for a number nobody has`, async (stage) => {
      const sipp = await plays(stage, { scenario: 'unknown-number', transport, service: '+15550100' });
      expect(await sipp.record()).toMatchObject({ outcome: 'unknown-number', dialled: '+15550100' });
    });

    scene(`over ${transport}: is answered where the number is in To alone`, async (stage) => {
      const sipp = await plays(stage, { scenario: 'number-in-to', transport });
      expect(await sipp.record()).toMatchObject({ outcome: 'abandoned', trunk: 'local' });
    });

    scene(`over ${transport}: gets 420 for an extension nobody has`, async (stage) => {
      await plays(stage, { scenario: 'unsupported-extension', transport });
    });

    scene(`over ${transport}: gets 200 to OPTIONS, with what the bridge can do`, async (stage) => {
      await plays(stage, { scenario: 'options', transport });
    });

    scene(`over ${transport}: gets 405 to REGISTER`, async (stage) => {
      await plays(stage, { scenario: 'register', transport });
    });

    scene(`over ${transport}: gets 481 to requests of a call that is not there`, async (stage) => {
      await plays(stage, { scenario: 'unknown-call', transport });
    });
  }

  scene('over udp: never acknowledges, and gets BYE after 64*T1', async (stage) => {
    const began = performance.now();
    const sipp = await plays(stage, { scenario: 'no-acknowledgement', transport: 'udp' });
    const seconds = (performance.now() - began) / 1_000;
    expect(seconds).toBeGreaterThan(31);
    expect(seconds).toBeLessThan(40);
    expect((await sipp.record()).outcome).toBe('line-lost');
  });
}

function strangers(engine: EngineName): void {
  const address = ownAddress();
  if (address === null) {
    it.skip('gets 403 from an address of no trunk (skipped: this machine has no address but loopback)', () =>
      undefined);
    return;
  }
  let bridge: TestBridge | null = null;
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    const PARTYLINE_SIP_LISTEN = `udp:${address}:${port},tcp:${address}:${port}`;
    bridge = await startBridge({ engine, env: { PARTYLINE_SIP_LISTEN } });
  }, 90_000);
  afterAll(async () => {
    await bridge?.stop();
  }, 60_000);

  // The packets go from the machine to itself: they never leave it.
  it.each(TRANSPORTS)('over %s: gets 403 from an address of no trunk', async (transport) => {
    if (bridge === null) throw new Error('the bridge did not start');
    const sipp = new SippCall(bridge, { scenario: 'stranger', transport, address, port });
    await sipp.succeeds().finally(() => sipp.kill());
  });
}

describeWith('sipp', () => {
  forEachEngine((engine) => {
    calls(engine);
  });
  forEachEngine((engine) => {
    strangers(engine);
  });
});

import { expect } from 'vitest';
import { steadyToneDbfs, TONE_DBFS } from '../kit/caller.js';
import { forEachEngine } from '../kit/engines.js';
import { withBridge, type Scene } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';
import { MARGIN_DB, measure, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';
import { Baresip } from './baresip-phone.js';
import { describeWith } from './programs.js';
import { lastingTone } from './recordings.js';

const [HOST_HZ, BARESIP_HZ, OTHER_HZ] = TONES_HZ;
const SAYS = lastingTone(BARESIP_HZ, TONE_DBFS, 60);
/** How long both hear each other, samples. */
const TALK_SAMPLES = 2 * 8_000;

async function withBaresip(codec: 'PCMU' | 'PCMA', use: (phone: Baresip) => Promise<void>): Promise<void> {
  const phone = await Baresip.start({ says: SAYS, codec });
  try {
    await use(phone);
  } finally {
    await phone.close();
  }
}

/** The account, its host in already and saying a tone. */
async function hosting(stage: Scene) {
  const account = await stage.addAccount();
  const host = await stage.call(account.hostPin, { hz: HOST_HZ });
  await host.hears(spoken('you-are-the-host'));
  return { host, guestPin: account.guestPin };
}

describeWith('baresip', () => {
  forEachEngine((engine) => {
    const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });

    for (const [transport, codec] of [
      ['udp', 'PCMA'],
      ['tcp', 'PCMU'],
    ] as const) {
      scene(`calls over ${transport} with ${codec}, keys the PIN, is heard and hears`, async (stage) => {
        const { host, guestPin } = await hosting(stage);
        await withBaresip(codec, async (phone) => {
          await phone.dial(stage.bridge.addressOf('conference', transport));
          await phone.press(guestPin);
          await untilHears(host, [BARESIP_HZ]);
          const { levels } = await measure(host, [BARESIP_HZ, HOST_HZ, OTHER_HZ]);
          const level = (hz: number): number => levels.get(hz) ?? -Infinity;
          const margin = level(BARESIP_HZ) - Math.max(level(HOST_HZ), level(OTHER_HZ));
          expect(margin, 'its tone at the host against others').toBeGreaterThanOrEqual(MARGIN_DB);
          await host.listen(TALK_SAMPLES / 8);
          await phone.hangUp();
          await untilSilent(host, [BARESIP_HZ]);
          const heard = (await phone.heard()).slice(-TALK_SAMPLES);
          const hears = (hz: number): number => steadyToneDbfs(heard, hz);
          expect(hears(HOST_HZ)).toBeGreaterThan(TONE_DBFS - 9);
          expect(hears(HOST_HZ) - Math.max(hears(BARESIP_HZ), hears(OTHER_HZ))).toBeGreaterThanOrEqual(MARGIN_DB);
          console.log(`${engine}, baresip over ${transport}: ${margin.toFixed(1)} dB at the host`);
        });
      });
    }

    scene('is hung up on when the host ends the conference', async (stage) => {
      const { host, guestPin } = await hosting(stage);
      await withBaresip('PCMA', async (phone) => {
        await phone.dial(stage.bridge.address);
        await phone.press(guestPin);
        await untilHears(host, [BARESIP_HZ]);
        await host.press('##');
        await phone.event('CALL_CLOSED');
      });
    });
  });
});

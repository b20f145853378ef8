/*
 * Keys of callers: how many are missed, and how many are heard that nobody pressed.
 *
 *   npm run bench:keys -- [--keys 10000] [--legs 50] [--loss 5] [--engine embedded|freeswitch] [--seed 1]
 *
 * RFC 4733 and INFO go in real time over sockets into the engine, from many telephones at once; tones and speech go through the
 * receiver of an embedded leg in a time of its own. FreeSWITCH hears no tones here: the bridge does not ask it to.
 */
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DrachtioSignaling } from '../src/adapters/drachtio/signaling.js';
import { EmbeddedMedia } from '../src/adapters/embedded-media/media.js';
import { acceptAnswer, makeOffer, newLocalSession } from '../src/adapters/embedded-media/sdp.js';
import { EmbeddedSignaling } from '../src/adapters/embedded-sip/signaling.js';
import { startLocalDrachtio } from '../src/adapters/local-programs/drachtio.js';
import { SystemClock } from '../src/adapters/system/clock.js';
import { SystemRandomness } from '../src/adapters/system/randomness.js';
import { callId } from '../src/domain/identifiers.js';
import type { Key } from '../src/domain/keys.js';
import type { Media, MediaEndpoint, MediaListener } from '../src/ports/media.js';
import { ProductionMedia } from '../test/conformance/production-media.js';
import { KeyNotes, pressByInfo, type InfoTraffic } from '../test/info-traffic.js';
import { keysHeard } from '../test/key-line.js';
import {
  eventTraffic,
  keyErrors,
  soundTraffic,
  toneTraffic,
  type KeyErrors,
  type KeyTraffic,
} from '../test/key-traffic.js';
import { pitched, PITCHES, speech } from '../test/speech.js';
import { numberFlag, textFlag } from './bench-bridge.js';
import { printTable } from './table.js';

const KEYS = numberFlag('keys', 10_000);
const LEGS = numberFlag('legs', 50);
const LOSS = numberFlag('loss', 5) / 100;
const SEED = numberFlag('seed', 1);
const FREESWITCH = textFlag('engine', 'embedded') === 'freeswitch';
const EACH = Math.ceil(KEYS / LEGS);
/** Packets are sent as they fall due, so often. */
const STEP_MS = 4;

const rows: string[][] = [];
const note = (what: string, sent: number, { missed, extra }: KeyErrors): void => {
  rows.push([
    what,
    String(sent),
    String(missed),
    `${((100 * missed) / Math.max(1, sent)).toFixed(3)} %`,
    String(extra),
  ]);
};
const total = (errors: readonly KeyErrors[]): KeyErrors =>
  errors.reduce((sum, one) => ({ missed: sum.missed + one.missed, extra: sum.extra + one.extra }), {
    missed: 0,
    extra: 0,
  });

interface Telephone {
  readonly socket: Socket;
  readonly endpoint: MediaEndpoint;
  readonly to: { readonly address: string; readonly port: number };
  readonly traffic: KeyTraffic;
  next: number;
}

async function call(media: Media, index: number): Promise<Telephone> {
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  const local = makeOffer(
    newLocalSession({ sessionId: index + 1, address: '127.0.0.1', rtpPort: socket.address().port }),
  );
  const endpoint = await media.createEndpoint({
    ...{ callId: callId(`keys-${index}`), offer: local.sdp, remoteAddress: '127.0.0.1', label: 'keys' },
  });
  const to = acceptAnswer(local, endpoint.localSdp).remote;
  if (to === null) throw new Error('the engine wants nothing sent');
  return {
    socket,
    endpoint,
    to,
    traffic: eventTraffic(SEED * 1_000 + index, EACH, { loss: LOSS, overtaken: 0.05 }),
    next: 0,
  };
}

/** Sends everything in its time. */
async function sendAll(telephones: readonly Telephone[]): Promise<void> {
  const began = performance.now();
  const end = Math.max(...telephones.map(({ traffic }) => traffic.lastMs)) + 1_000;
  while (performance.now() - began < end) {
    const now = performance.now() - began;
    for (const telephone of telephones) {
      const { socket, to, traffic } = telephone;
      for (let one = traffic.packets[telephone.next]; one !== undefined && one.atMs <= now;) {
        socket.send(one.packet, to.port, to.address);
        one = traffic.packets[++telephone.next];
      }
    }
    await pause(STEP_MS);
  }
}

async function events(media: Media): Promise<void> {
  const heard = new Map<string, Key[]>();
  const nothing = (): void => undefined;
  const listener: MediaListener = {
    keyPressed: (id, key) => heard.set(id, [...(heard.get(id) ?? []), key]),
    ...{ playFinished: nothing, roomPlayFinished: nothing, audioMissing: nothing, roomLeft: nothing },
    ...{ spokeWhileMuted: nothing, roomRecordingFailed: nothing },
    endpointLost: (id, reason) => console.error(`${id} was lost: ${reason}`),
    trouble: (message) => console.error(message),
  };
  await media.start(listener);
  const telephones: Telephone[] = [];
  try {
    for (let index = 0; index < LEGS; index++) telephones.push(await call(media, index));
    await sendAll(telephones);
    const errors = telephones.map(({ endpoint, traffic }) => keyErrors(traffic.keys, heard.get(endpoint.callId) ?? []));
    note(`RFC 4733, ${100 * LOSS} % lost, 5 % overtaken`, EACH * LEGS, total(errors));
  } finally {
    await Promise.all(telephones.map(({ endpoint }) => endpoint.close()));
    for (const { socket } of telephones) socket.close();
    await media.stop();
  }
}

async function byInfo(): Promise<void> {
  const notes = new KeyNotes();
  // A loss costs 100 ms, not 500; and the engine remembers a request for 6 s, not 32, of which it keeps 4,096 at a time.
  const timers = { t1: 100, t2: 400, t4: 1_000 };
  const traffic = (target: InfoTraffic['target']): InfoTraffic => ({
    ...{ target, timers, calls: LEGS, keysPerCall: EACH, seed: SEED, loss: LOSS, betweenMs: 250 },
  });
  const what = `INFO, ${100 * LOSS} % lost each way, 10 % sent twice`;
  if (!FREESWITCH) {
    const listen = [{ transport: 'udp' as const, address: '127.0.0.1', port: 0 }];
    const around = { clock: new SystemClock(), randomness: new SystemRandomness(), timers };
    const signaling = new EmbeddedSignaling({ listen, ...around });
    await signaling.start(notes);
    const port = Number(/:(\d+)$/.exec(signaling.listening()[0] ?? '')?.[1]);
    note(what, EACH * LEGS, await pressByInfo(traffic({ address: '127.0.0.1', port }), notes));
    await signaling.stop();
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'partyline-keys-'));
  const server = await startLocalDrachtio({ directory });
  const signaling = new DrachtioSignaling({ host: server.host, port: server.port, secret: server.secret });
  await signaling.start(notes);
  note(what, EACH * LEGS, await pressByInfo(traffic({ address: server.sipAddress, port: server.sipPort }), notes));
  await signaling.stop();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}

function tones(): void {
  const behind = speech(270_000);
  for (const behindDb of [null, 18, 15, 12, 9, 6]) {
    const conditions = { behind: behindDb === null ? null : behind, behindDb: behindDb ?? 0, noiseDb: 20 };
    const errors: KeyErrors[] = [];
    for (let leg = 0; leg < Math.ceil(KEYS / 500); leg++) {
      const traffic = toneTraffic(SEED * 2_000 + leg, 500, conditions);
      errors.push(
        keyErrors(
          traffic.keys,
          keysHeard(traffic).map(({ key }) => key),
        ),
      );
    }
    const what = behindDb === null ? 'noise 20 dB below them' : `noise 20 dB and speech ${behindDb} dB below them`;
    note(`tones, ${what}`, errors.length * 500, total(errors));
  }
}

function talk(): void {
  const said = speech(270_000, -18);
  let minutes = 0;
  let keys = 0;
  for (const [index, pitch] of PITCHES.entries()) {
    for (const gain of [1, 0.3]) {
      const voice = pitched(said, pitch).map((sample) => sample * gain);
      minutes += voice.length / 480_000;
      keys += keysHeard(soundTraffic(SEED + index, voice)).length;
    }
  }
  note(`${minutes.toFixed(0)} minutes of speech by ${PITCHES.length} voices`, 0, { missed: 0, extra: keys });
}

const media = FREESWITCH
  ? new ProductionMedia()
  : new EmbeddedMedia({
      ...{ clock: new SystemClock(), rtpPorts: { min: 24_000, max: 24_000 + 4 * LEGS + 1 } },
      ...{ advertise: () => '127.0.0.1', bindAddress: '127.0.0.1' },
    });
await events(media);
await byInfo();
if (!FREESWITCH) {
  tones();
  talk();
}
printTable(`Keys (${media.engine})`, ['how', 'pressed', 'missed', 'share', 'false or double'], rows);
process.exit(0);

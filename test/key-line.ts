import { LegLedger } from '../src/adapters/embedded-media/leg-ledger.js';
import { Session } from '../src/adapters/embedded-media/session.js';
import type { Key, KeyMethod } from '../src/domain/keys.js';
import { EVENT_PAYLOAD_TYPE, type KeyTraffic } from './key-traffic.js';

const CALLER = { address: '192.0.2.1', port: 4_000 };

export interface HeardKey {
  readonly key: Key;
  readonly method: KeyMethod;
  /** Milliseconds from the beginning of the traffic. */
  readonly atMs: number;
}

/** What a leg of the embedded engine hears of a telephone's packets: its own receiver, in a time of its own instead of real time. */
export function keysHeard({ packets, lastMs }: KeyTraffic): readonly HeardKey[] {
  const heard: HeardKey[] = [];
  const beganMs = 10_000;
  let nowMs = beganMs;
  const session = new Session(
    {
      ...{ handle: 1, bindAddress: '127.0.0.1', rtpPort: 0, ssrc: 1, cname: 'x', latched: null, room: null },
      ...{ muted: false, inbandOff: false, hearDb: 0, speakDb: 0, silenceMs: 3_600_000, silenceOnHoldMs: 3_600_000 },
      agreement: {
        ...{ codec: 'PCMU', payloadType: 0, ptimeMs: 20, rtcpMux: false, direction: 'sendrecv', held: false },
        receive: [
          { payloadType: 0, codec: 'PCMU' },
          { payloadType: 8, codec: 'PCMA' },
        ],
        ...{ eventPayloadType: EVENT_PAYLOAD_TYPE, eventSendPayloadType: EVENT_PAYLOAD_TYPE },
        ...{ remote: CALLER, remoteRtcp: null },
      },
      ledger: new LegLedger().memory,
    },
    { sendRtp: () => undefined, sendRtcp: () => undefined, close: () => undefined },
    {
      key: (key, method) => heard.push({ key, method, atMs: nowMs - beganMs }),
      ...{ latched: () => undefined, audioMissing: () => undefined, playFinished: () => undefined },
      ...{ recorded: () => undefined, spokeWhileMuted: () => undefined },
    },
    nowMs,
    1,
  );
  let next = 0;
  for (; nowMs < beganMs + lastMs + 500; nowMs += 20) {
    for (let one = packets[next]; one !== undefined && one.atMs <= nowMs - beganMs; one = packets[++next]) {
      session.receiveRtp(one.packet, CALLER.address, CALLER.port, beganMs + one.atMs);
    }
    session.hear(nowMs);
    session.speak(null, nowMs);
  }
  return heard;
}

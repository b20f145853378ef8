import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { OwnedSignaling } from '../../src/adapters/dialog-owner/owned-signaling.js';
import { CallRefused, type ClientCall } from '../../src/adapters/embedded-sip/client-call.js';
import type { Invitation } from '../../src/adapters/embedded-sip/invitation.js';
import { EventSocket } from '../../src/adapters/freeswitch/event-socket.js';
import type { MixerLeg } from '../../src/ports/mixer-legs.js';
import type { SignalingCall } from '../../src/ports/signaling.js';
import { productionDirectory, useDrachtio, useFreeSwitch } from '../production.js';
import { DialogOwnerProcess } from './dialog-owner-process.js';
import { NotingListener } from './signaling-listener.js';
import { sdp, SipCaller } from './sip-caller.js';
import type { SipCallee } from './sip-callee.js';

export const timers = { t1: 500, t2: 4_000, t4: 5_000 };

/** What a control process is to the dialog owner. */
export interface ControlSide {
  readonly signaling: OwnedSignaling;
  readonly listener: NotingListener;
}

/** drachtio-server, a mixer and a dialog owner, with what a control process and telephones do with them. For a `describe`. */
export function useOwnedCalls() {
  const directory = productionDirectory();
  const server = useDrachtio(directory);
  const mixer = useFreeSwitch(directory);
  const callers: SipCaller[] = [];
  const callees: SipCallee[] = [];
  const controls: ControlSide[] = [];
  let owner: DialogOwnerProcess;

  beforeAll(() => {
    owner = new DialogOwnerProcess(join(directory, 'owner'), server());
  });
  beforeEach(() => owner.start());
  afterEach(async () => {
    await Promise.all(controls.splice(0).map(({ signaling }) => signaling.stop()));
    await owner.end('SIGTERM');
    await Promise.all(callers.splice(0).map((caller) => caller.stop()));
    await Promise.all(callees.splice(0).map((callee) => callee.stop()));
    // Nothing stays behind at the mixer, however a call ended.
    try {
      expect(await channels(0)).toBe(0);
    } finally {
      await hangUpAll();
    }
  });
  afterAll(() => owner.end('SIGKILL'));

  const control = async (sources: () => readonly string[] = () => ['127.0.0.1']): Promise<ControlSide> => {
    const side = { signaling: new OwnedSignaling({ socket: owner.socket, sources }), listener: new NotingListener() };
    controls.push(side);
    await side.signaling.start(side.listener);
    return side;
  };

  /** A control process without calls. */
  const freshControl = async (): Promise<ControlSide> => {
    const side = await control();
    expect(await side.signaling.takeBack([])).toEqual([]);
    return side;
  };

  /** Its connection ends as that of a process that is killed: without a word. */
  const vanish = async ({ signaling }: ControlSide): Promise<void> => {
    await signaling.release();
  };

  const newCaller = async (): Promise<SipCaller> => {
    const { sipAddress: address, sipPort: port } = server();
    const caller = new SipCaller({ target: { address, port }, timers });
    await caller.start();
    callers.push(caller);
    return caller;
  };

  const legFor = ({ signaling }: ControlSide, call: Pick<SignalingCall, 'id' | 'offer'>): Promise<MixerLeg> =>
    signaling.legs.place({
      callId: call.id,
      uri: `sip:${mixer().sipAddress}:${mixer().sipPort}`,
      offer: call.offer,
      headers: { 'X-Partyline-Call': call.id },
      advertise: '192.0.2.7',
    });

  /** A call that is answered with a leg's SDP. */
  const talking = async (side: ControlSide, invitation: Partial<Invitation> = {}) => {
    const caller = await newCaller();
    const theirs = await caller.call('conference', invitation);
    const ours = await side.listener.call();
    const leg = await legFor(side, ours);
    await ours.answer(leg.sdp);
    const answer = await theirs.answered;
    return { caller, theirs, ours, leg, answer: answer ?? '' };
  };

  /** How many channels the mixer has; waits a little for the number wanted. */
  const channels = (wanted: number): Promise<number> =>
    atMixer(async (socket) => {
      for (let tries = 1; ; tries++) {
        const count = Number(/^(\d+) total/m.exec(await socket.api('show channels count'))?.[1] ?? NaN);
        if (count === wanted || tries === 100) return count;
        await pause(50);
      }
    });

  /** Ends the channels at the mixer, as the media do for legs that cannot be ended by SIP. */
  const hangUpAll = (): Promise<unknown> => atMixer((socket) => socket.api('hupall'));

  const atMixer = async <T>(work: (socket: EventSocket) => Promise<T>): Promise<T> => {
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(mixer().eventSocket, nobody, 2_000);
    try {
      return await work(socket);
    } finally {
      socket.close();
    }
  };

  const originOf = (text: string): { readonly session: string; readonly version: bigint; readonly address: string } => {
    const [, session = '', version = '0', address = ''] = /^o=\S+ (\S+) (\d+) IN IP4 (\S+)/m.exec(text) ?? [];
    return { session, version: BigInt(version), address };
  };

  const refusalOf = async (call: ClientCall): Promise<number> => {
    const error: unknown = await call.answered.catch((reason: unknown) => reason);
    if (!(error instanceof CallRefused)) throw new Error('the call was not refused');
    return error.status;
  };

  const held = (version: number): string => `${sdp('caller', version)}a=sendonly\r\n`;

  return {
    owner: () => owner,
    control,
    freshControl,
    vanish,
    newCaller,
    legFor,
    talking,
    channels,
    hangUpAll,
    originOf,
    refusalOf,
    held,
    server,
    mixer,
    directory,
    callees,
  };
}

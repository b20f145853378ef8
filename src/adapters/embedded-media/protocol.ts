import type { MessagePort } from 'node:worker_threads';
import type { Key } from '../../domain/keys.js';
import type { PlayOutcome } from '../../ports/media.js';
import type { Agreement, Destination } from './sdp-session.js';
import type { LineFigure } from './speech-meter.js';

/** What the main thread and the workers tell each other. Everything here survives structured cloning. */

/** Our name for an endpoint, unique in the process. */
export type EndpointHandle = number;

/** One sound, loaded: 8 kHz mono samples in shared memory. */
export interface LoadedSound {
  readonly samples: Int16Array;
  readonly loop: boolean;
}

export interface PlayOrder {
  readonly playId: string;
  readonly sounds: readonly LoadedSound[];
}

/** All a worker needs to carry a leg, or to carry it on after another one failed. */
export interface SessionDescriptor {
  readonly handle: EndpointHandle;
  readonly bindAddress: string;
  readonly rtpPort: number;
  readonly ssrc: number;
  /** RTCP canonical name (RFC 3550 section 6.5.1): random, says nothing about anyone. */
  readonly cname: string;
  /** `null`: our offer is not answered yet, so nothing is sent. */
  readonly agreement: Agreement | null;
  /** The source believed so far, where the leg was carried before. */
  readonly latched: Destination | null;
  readonly room: string | null;
  readonly muted: boolean;
  /** Volumes, dB. */
  readonly hearDb: number;
  readonly speakDb: number;
  /** No search for tones any more. */
  readonly inbandOff: boolean;
  readonly silenceMs: number;
  readonly silenceOnHoldMs: number;
  /** Memory of a {@link LegLedger}. */
  readonly ledger: SharedArrayBuffer;
}

/** To a worker, answered by one {@link Reply}. */
export type Request =
  | { readonly type: 'open'; readonly descriptor: SessionDescriptor; readonly play: PlayOrder | null }
  /** Opens the ports beside their present owner and takes the leg over from it, through `from`. */
  | { readonly type: 'adopt'; readonly descriptor: SessionDescriptor; readonly from: MessagePort }
  | { readonly type: 'agree'; readonly handle: EndpointHandle; readonly agreement: Agreement }
  | { readonly type: 'join'; readonly handle: EndpointHandle; readonly room: string; readonly muted: boolean }
  | { readonly type: 'leave'; readonly handle: EndpointHandle }
  | { readonly type: 'mute'; readonly handle: EndpointHandle; readonly muted: boolean }
  | { readonly type: 'gains'; readonly handle: EndpointHandle; readonly hearDb: number; readonly speakDb: number }
  | { readonly type: 'close'; readonly handle: EndpointHandle }
  /** Closes the ports without a goodbye to the far end: another worker carries the leg. */
  | { readonly type: 'letGo'; readonly handle: EndpointHandle }
  /** Answered when what was recorded until then has been told. */
  | { readonly type: 'stopRecording'; readonly handle: EndpointHandle }
  | { readonly type: 'roomSize'; readonly room: string }
  /** So many samples of what the room hears are told as `roomRecorded`, with what is played to it or without. */
  | {
      readonly type: 'recordRoom';
      readonly room: string;
      readonly recording: number;
      readonly samples: number;
      readonly plays: boolean;
    }
  | { readonly type: 'pauseRoom'; readonly room: string; readonly recording: number; readonly paused: boolean }
  /** Answered when what was recorded until then has been told. */
  | { readonly type: 'stopRoom'; readonly room: string; readonly recording: number }
  | { readonly type: 'measureRoom'; readonly room: string };

/** How one leg of a room sounded lately. */
export interface MeasuredLeg extends LineFigure {
  readonly handle: EndpointHandle;
}

/** What a request is answered with: 0 where there is nothing to say. */
export type AnswerTo<R extends Request> = R['type'] extends 'measureRoom' ? readonly MeasuredLeg[] : number;
export type Answer = number | readonly MeasuredLeg[];

/** To a worker, without a reply. */
export type Command =
  /** Gives the leg away to the worker at the other end of `to`. */
  | { readonly type: 'handOver'; readonly handle: EndpointHandle; readonly to: MessagePort }
  | { readonly type: 'play'; readonly handle: EndpointHandle; readonly play: PlayOrder }
  | { readonly type: 'stopPlaying'; readonly handle: EndpointHandle }
  | { readonly type: 'stopInband'; readonly handle: EndpointHandle }
  /** So many samples of what the caller says are told as `recorded`, from now on. */
  | { readonly type: 'record'; readonly handle: EndpointHandle; readonly samples: number }
  | { readonly type: 'playToRoom'; readonly room: string; readonly play: PlayOrder }
  /** For tests: throws in the worker, or blocks it for ever. */
  | { readonly type: 'fail'; readonly how: 'throw' | 'hang' };

export type ToWorker =
  | { readonly type: 'request'; readonly number: number; readonly request: Request }
  | { readonly type: 'command'; readonly command: Command };

type Reply =
  | { readonly type: 'reply'; readonly number: number; readonly ok: true; readonly value: Answer }
  | { readonly type: 'reply'; readonly number: number; readonly ok: false; readonly error: string };

export type WorkerEvent =
  | {
      readonly type: 'key';
      readonly handle: EndpointHandle;
      readonly key: Key;
      readonly method: 'event' | 'inband';
    }
  | {
      readonly type: 'playFinished';
      readonly handle: EndpointHandle;
      readonly playId: string;
      readonly outcome: PlayOutcome;
    }
  | {
      readonly type: 'roomPlayFinished';
      readonly room: string;
      readonly playId: string;
      readonly outcome: PlayOutcome;
    }
  | { readonly type: 'audioMissing'; readonly handle: EndpointHandle; readonly silentMs: number }
  /** What the caller said next; the main thread writes the file. */
  | { readonly type: 'recorded'; readonly handle: EndpointHandle; readonly samples: Int16Array }
  | { readonly type: 'spokeWhileMuted'; readonly handle: EndpointHandle }
  /** What the room heard next; the main thread writes the file. */
  | { readonly type: 'roomRecorded'; readonly recording: number; readonly samples: Int16Array }
  /** The room has ended, and everything that was recorded of it has been told. */
  | { readonly type: 'roomRecordingEnded'; readonly recording: number }
  /** Remembered by the main thread, for a worker that carries the leg on. */
  | { readonly type: 'latched'; readonly handle: EndpointHandle; readonly source: Destination }
  /** This leg alone cannot go on. */
  | { readonly type: 'legFailed'; readonly handle: EndpointHandle; readonly reason: string }
  | { readonly type: 'trouble'; readonly message: string };

export type FromWorker = { readonly type: 'ready' } | Reply | { readonly type: 'event'; readonly event: WorkerEvent };

/** Between two workers, over the channel of a handover. */
export type HandoverMessage =
  /** New to old: the ports are open here, packets arrive here from now on. */
  | { readonly type: 'opened' }
  /** Old to new: it waited too long and keeps the leg. */
  | { readonly type: 'kept' }
  /** Old to new: the last packets not yet heard, oldest first; it has stopped sending and closed. */
  | ({ readonly type: 'released' } & ReleasedLeg);

/** What a leg takes along from one thread to another, beside its descriptor and its ledger. */
export interface ReleasedLeg {
  /** RTP packets with the monotonic milliseconds of their arrival. */
  readonly packets: readonly Uint8Array[];
  readonly arrivalsMs: readonly number[];
  readonly latched: Destination | null;
  /** A key tone is sounding that was told already. */
  readonly toneTold: boolean;
}

/** Handed to a worker at its start. */
export interface WorkerData {
  /** One 32-bit counter that the worker raises as long as its event loop turns. */
  readonly heartbeat: SharedArrayBuffer;
  readonly name: string;
}

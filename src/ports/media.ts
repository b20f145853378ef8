import type { CallId, ConferenceId, PlayId } from '../domain/identifiers.js';
import type { Key, KeyMethod } from '../domain/keys.js';

/**
 * The media port: endpoints that terminate callers' audio, and rooms that mix it.
 *
 * Cut by what both engines can do. What holds for every adapter is written as tests in
 * `test/conformance/media.ts`, which runs against each of them.
 */

/** One sound file to play: mono PCM WAV, 8 or 16 kHz. A looping item repeats until stopped or replaced, so only the last of a list loops. */
export interface PlayItem {
  readonly path: string;
  readonly loop: boolean;
}

/** The mixing process or thread an endpoint sits on; opaque outside the adapter. */
export type MixerName = string;

export interface MixerStatus {
  readonly name: MixerName;
  readonly healthy: boolean;
  /** Takes no new endpoint or room; those it has stay until they end. */
  readonly draining: boolean;
  /** Endpoints on it now. */
  readonly endpoints: number;
  readonly rooms: number;
  /** Endpoints it takes at most, or `null` when that is not known. */
  readonly limit: number | null;
  /** Version text for `doctor`. */
  readonly version: string;
}

export interface EndpointRequest {
  readonly callId: CallId;
  /** The caller's SDP offer, or `null` when the INVITE had none: then `localSdp` is our offer. */
  readonly offer: string | null;
  /** Where the signalling came from: chooses the address that SDP advertises. */
  readonly remoteAddress: string;
  /** Called number and caller as shown, for the mixer's own records only; never a secret. */
  readonly label: string;
  /** The mixer it must sit on, as {@link Media.placeRoom} named it; left out: the least loaded. */
  readonly mixer?: MixerName;
}

/** Why a play ended. `replaced`: another play of the same endpoint began; `stopped`: asked to; `failed`: the file could not be played. */
export type PlayOutcome = 'completed' | 'replaced' | 'stopped' | 'failed';

/** Figures of one leg, from the start of the endpoint. */
export interface LegStatistics {
  readonly codec: string;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** Packets of the caller's that never came (RFC 3550 section 6.4.1, cumulative), as far as the engine knows. */
  readonly packetsLost: number;
  /** Interarrival jitter, milliseconds. */
  readonly jitterMs: number;
  /** Packets thrown away because they came from elsewhere than negotiated and latched. */
  readonly packetsRejected: number;
}

/** The longest recording, milliseconds. */
export const LONGEST_RECORDING_MS = 300_000;

export interface MediaEndpoint {
  readonly callId: CallId;
  readonly mixer: MixerName;
  /** What {@link Media.adopt} of a later process takes this endpoint back by, or `null` where the engine dies with the process. No secrets. */
  readonly handle: string | null;
  /** Our answer to the offer, or our offer where there was none; after a re-offer the newest. */
  readonly localSdp: string;
  /**
   * The far end's answer, where `localSdp` went out as an offer, also the early one of a call we place (183), which another may follow: of an endpoint made without an offer, or one that a call was moved to by
   * a re-offer. Not {@link renegotiate}: that makes an answer of ours, which nobody would send. @throws {MediaNotAcceptable}
   */
  acceptAnswer(answer: string): Promise<void>;
  /**
   * The caller re-offers (re-INVITE or UPDATE): hold, resume, new address or codec. `null`: a re-INVITE without SDP asks for our offer.
   * Until it resolves the old media go on, and a refused offer changes nothing.
   * @throws {MediaNotAcceptable}
   */
  renegotiate(offer: string | null): Promise<string>;
  /**
   * Plays files in order without gaps, to this caller alone, in a room too (there over or instead of the room's sound, as the engine can).
   * A running play is replaced. Always ends in exactly one `playFinished` with this id, as long as the endpoint is open.
   */
  play(playId: PlayId, items: readonly PlayItem[]): void;
  /** Ends the running play, if any, within 100 ms; its `playFinished` still comes. */
  stopPlaying(): void;
  /** Enters the room, which comes into being with its first endpoint; whatever plays is stopped. Resolves when the caller hears and is heard. */
  join(room: ConferenceId, options: { readonly muted: boolean }): Promise<void>;
  /** Leaves the room, if in one; the endpoint stays open and may play or join again. */
  leave(): Promise<void>;
  /** Whether the room hears this caller. Keys are understood either way. */
  setMuted(muted: boolean): Promise<void>;
  /** Volumes, -24 to +24 dB each; 0: as they are. They hold until set again, in rooms and out of them. */
  setGains(gains: { readonly hearDb: number; readonly speakDb: number }): Promise<void>;
  /** The signalling brought a key (INFO): no tones are searched for in this caller's audio any more. */
  stopInbandDetection(): void;
  statistics(): Promise<LegStatistics>;
  /**
   * Records what this caller says, in a room or not, muted or not, and nothing of what he hears: mono 16-bit PCM WAV at 8 kHz. Keys of
   * RFC 4733 are not in it. Where the caller sends nothing at all, silence is recorded, or that time is left out, as the engine can. Goes on from now until {@link stopRecording} or for `limitMs` (1 to {@link LONGEST_RECORDING_MS}) milliseconds,
   * and is written beside `path`: the file appears there, replacing one that was there before, when the recording is stopped
   * or the endpoint has closed, whole or not at all.
   * @throws Error with one clear line where the file cannot be written, or a recording was begun and not stopped yet.
   */
  record(path: string, options: { readonly limitMs: number }): Promise<void>;
  /**
   * Ends the recording, also one that has reached its limit. Resolves when the file is whole, with its length in milliseconds; with `null`
   * where there is none to end.
   * @throws Error with one clear line where the file could not be written: then nothing is left of it.
   */
  stopRecording(): Promise<{ readonly durationMs: number } | null>;
  /** Releases everything, a recording is kept; never rejects, may be called twice. No event comes afterwards. */
  close(): Promise<void>;
}

/** What the media tell. Every function returns at once and never throws. */
export interface MediaListener {
  /** Once per key press, whatever its length or the repetitions on the wire. */
  keyPressed(callId: CallId, key: Key, method: KeyMethod): void;
  playFinished(callId: CallId, playId: PlayId, outcome: PlayOutcome): void;
  roomPlayFinished(room: ConferenceId, playId: PlayId, outcome: PlayOutcome): void;
  /** No RTP and no RTCP for so many milliseconds (told once per silence, from 60 s on; 30 min on hold). */
  audioMissing(callId: CallId, silentMs: number): void;
  /** The mixer took the endpoint out of its room, not we; it is open and may join again. */
  roomLeft(callId: CallId, room: ConferenceId): void;
  /** The endpoint is gone and cannot be used any more: its mixer died or froze, or ended it. The caller may be moved to a new endpoint. */
  endpointLost(callId: CallId, reason: string): void;
  /** A muted caller in a room talks: told once for each time of being muted, after about a second of speech. */
  spokeWhileMuted(callId: CallId): void;
  /** A room's recording broke off: what was recorded until then is kept at its path. */
  roomRecordingFailed(room: ConferenceId, reason: string): void;
  /** Trouble that ends no call: a worker replaced, a mixer unreachable, a file that could not be played. One line, no secrets. */
  trouble(message: string): void;
}

export interface Media {
  readonly engine: 'embedded' | 'freeswitch' | 'fake';
  /** @throws Error with one clear line when the engine cannot work (ports, secret, missing module). */
  start(listener: MediaListener): Promise<void>;
  /** Closes every endpoint. */
  stop(): Promise<void>;
  /** Lets go of every endpoint without ending it, for the process that comes next; where they die with the process, as {@link stop}. */
  release(): Promise<void>;
  mixers(): readonly MixerStatus[];
  /**
   * A call that is moved has two endpoints for a moment. What is told of a call then may be meant of either.
   * @throws {MediaNotAcceptable} no common codec or unusable SDP; {@link MediaExhausted} no port or mixer free, or the one asked for is gone.
   */
  createEndpoint(request: EndpointRequest): Promise<MediaEndpoint>;
  /**
   * Takes back an endpoint of a process before this one, as it is: its audio goes on, in its room if it is in one. What played ends
   * without a word; the caller of this plays it again. Joining the room it is in already only sets whether it is muted.
   * @param state `room`: the room it should be in; `remoteSdp`: what the far end sent last.
   * @throws {EndpointGone} the mixer does not have it any more, or is not reachable.
   */
  adopt(
    callId: CallId,
    handle: string,
    state: { readonly room: ConferenceId | null; readonly remoteSdp: string | null },
  ): Promise<MediaEndpoint>;
  /** Ends every endpoint of ours at the mixers that was neither made by this process nor adopted: what a process before it left behind. Never rejects. */
  sweep(): Promise<void>;
  /**
   * The mixer a room is on: chosen at the first call, the least loaded that is healthy and not draining, and kept until
   * {@link forgetRoom} or until that mixer is lost. `null`: endpoints join it wherever they sit.
   * @param preferred where it was under a process before this one.
   * @param near where its first caller sits: chosen if hardly more loaded, so that this caller needs no re-offer.
   * @throws {MediaExhausted} there is none.
   */
  placeRoom(room: ConferenceId, preferred?: MixerName, near?: MixerName): MixerName | null;
  forgetRoom(room: ConferenceId): void;
  /** Mixed in for everyone in the room, one after the other in order of call; ends in one `roomPlayFinished`, at once (`failed`) where there is no such room. */
  playToRoom(room: ConferenceId, playId: PlayId, items: readonly PlayItem[]): void;
  /**
   * Records what the room hears: mono 16-bit PCM WAV at 8 kHz, with silence where nothing is said, until {@link stopRecordingRoom}, the end
   * of the room, or 12 hours. The file is at `path` from its beginning on, in plain; the folder must exist.
   * @param options `plays`: with what is played to the room, as far as the engine can keep it out.
   * @throws Error with one clear line: no such room, it is being recorded, or the file cannot be written.
   */
  recordRoom(room: ConferenceId, path: string, options: { readonly plays: boolean }): Promise<void>;
  /** Nothing is recorded until it goes on; the time is left out. @throws Error where nothing is being recorded. */
  pauseRoomRecording(room: ConferenceId, paused: boolean): Promise<void>;
  /** Ends it: the file is whole. @returns its length, or `null` where nothing was being recorded. @throws Error where the file could not be finished. */
  stopRecordingRoom(room: ConferenceId): Promise<{ readonly durationMs: number } | null>;
  /** How every endpoint in the room sounded lately (at least the last 3 s, at most 10), before muting; resolves within 4 s. */
  measureRoom(
    room: ConferenceId,
  ): Promise<readonly { readonly callId: CallId; readonly levelDb: number; readonly activeShare: number }[]>;
  /** How many endpoints the mixer itself counts in a room, to check the bridge's own count. */
  roomSize(room: ConferenceId): Promise<number>;
}

/** The far end's SDP cannot be answered: 488 to an offer. */
export class MediaNotAcceptable extends Error {
  override readonly name = 'MediaNotAcceptable';
}

/** The endpoint to be taken back is not there any more. */
export class EndpointGone extends Error {
  override readonly name = 'EndpointGone';
}

/** No port, session or mixer is free: 503. */
export class MediaExhausted extends Error {
  override readonly name = 'MediaExhausted';
}

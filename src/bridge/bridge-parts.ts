import type { DialIn } from '../domain/access/dial-in.js';
import { DEFAULT_ENTRY_OPTIONS, type EntryOptions } from '../domain/conference-options.js';
import type { AccountId, BookingId } from '../domain/identifiers.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { Media, PlayItem } from '../ports/media.js';
import type { Recordings, SpokenNames } from '../ports/recordings.js';
import type { PlaceRequest, Signaling } from '../ports/signaling.js';
import type { PinHash, Store } from '../ports/store.js';
import type { Delivery } from '../ports/store-deliveries.js';
import type { KnownSources } from './known-sources.js';
import type { Log } from './log.js';

export interface BridgeOptions {
  /** Calls at once, set-ups included. */
  readonly maximumCalls: number;
  readonly entry: Omit<EntryOptions, 'pinLength' | 'greeting'>;
  /** Digits of a caller number kept in records; the rest is starred. `null`: kept whole. */
  readonly recordedDigits: number | null;
  /** Numbers that are blocked bridge-wide are refused before the answer, instead of hearing that the conference is full. */
  readonly refuseBlocked?: boolean;
}

export const DEFAULT_BRIDGE_OPTIONS: BridgeOptions = {
  maximumCalls: 2_000,
  entry: DEFAULT_ENTRY_OPTIONS,
  recordedDigits: null,
};

/** Where calls of ours are sent. */
export interface OutboundTrunk extends Pick<PlaceRequest, 'target' | 'callerNumber' | 'credentials'> {
  readonly name: string;
}

/** The report to be sent of a conference that ends. @throws whatever the store does */
export type HostReportOf = (conference: {
  readonly accountId: AccountId;
  readonly bookingId: BookingId | null;
  /** Number of its record. */
  readonly recordId: number;
}) => Delivery | null;

export interface BridgeParts {
  readonly signaling: Signaling;
  readonly media: Media;
  readonly store: Store;
  readonly names: SpokenNames;
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly log: Log;
  readonly sources: KnownSources;
  readonly hashPin: (digits: string) => PinHash;
  /** Whether a hash is that of these digits, also one made before the last change of the PIN key. */
  readonly pinMatches: (digits: string, hash: PinHash) => boolean;
  /** Of the digits that a hash is of, under the PIN key that counts now. */
  readonly currentHash: (hash: PinHash) => PinHash;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  /** The dial-in number a user part names, or `null`: 404. */
  readonly dialIn: (user: string) => DialIn | null;
  /** What is to be sent to the host when a conference is over, or `null`: nothing; left out: nothing ever is. */
  readonly hostReport?: HostReportOf;
  /** The outbound trunk of this name, or `null`: there is none. */
  readonly outboundTrunk: (name: string) => OutboundTrunk | null;
}

export interface BridgeStatus {
  readonly calls: number;
  readonly conferences: number;
  readonly callsTotal: number;
  readonly draining: boolean;
  /** Call attempts ended, by outcome, since the start. */
  readonly outcomes: ReadonlyMap<CallOutcome, number>;
  /** Calls whose mixer was lost and that are being moved to another now; those moved since the start. */
  readonly callsBeingMoved: number;
  readonly callsMoved: number;
  /** Calls of a process before this one that went on at the start. */
  readonly callsTakenBack: number;
  /** Conferences that are being recorded. */
  readonly recordings: number;
  /** Recordings that could not begin, broke off for good, or could not be sealed at once, since the start. */
  readonly recordingFailures: number;
}

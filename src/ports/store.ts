import type { ConferenceOptions, Role } from '../domain/conference-options.js';
import type { AccountId, CallId, ConferenceId } from '../domain/identifiers.js';
import type { CallOutcome, ConferenceOutcome } from '../domain/outcomes.js';

/**
 * The store port: what outlives the process. Calls are synchronous: audio runs in other threads, and SQLite answers in microseconds.
 * Every write is one transaction: done wholly or not at all. What holds for every adapter is in `test/conformance/store.ts`.
 */

export interface Account {
  readonly id: AccountId;
  readonly name: string;
  readonly enabled: boolean;
  readonly options: ConferenceOptions;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly createdAt: number;
}

/** Keyed hash of a PIN: HMAC-SHA-256 under the bridge's PIN key, hex. The store never sees a PIN. */
export type PinHash = string;

export interface PinMatch {
  readonly account: Account;
  readonly role: Role;
}

/** A dial-in number: the user part of the request URI, e.g. `+442071234567` or `conference`. */
export interface DialInNumber {
  readonly number: string;
  /** Digits of every PIN keyed at it. */
  readonly pinLength: number;
  /** Name of a greeting, or `null` for none. */
  readonly greeting: string | null;
  readonly createdAt: number;
}

/** A peer calls may come from. */
export interface Trunk {
  readonly name: string;
  /** IP addresses and CIDR networks, e.g. `192.0.2.10`, `2001:db8::/32`. */
  readonly sources: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: number;
}

/** One per call attempt (product: section 6); times in milliseconds since 1970-01-01T00:00Z. */
export interface CallRecord {
  readonly id: CallId;
  readonly sipCallId: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly joinedAt: number | null;
  readonly endedAt: number;
  readonly trunk: string | null;
  readonly dialled: string;
  /** As configured: masked before it gets here. `null`: withheld. */
  readonly caller: string | null;
  readonly accountId: AccountId | null;
  readonly conferenceRecordId: number | null;
  readonly role: Role | null;
  readonly outcome: CallOutcome;
  readonly keyMethod: 'event' | 'info' | 'inband' | null;
  readonly codec: string | null;
  readonly mixer: string | null;
  /** Share of the caller's packets that never came, 0 to 1. */
  readonly packetLoss: number | null;
  readonly jitterMs: number | null;
}

export interface ConferenceRecord {
  readonly conferenceId: ConferenceId;
  readonly accountId: AccountId;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly peak: number;
  readonly lockedOut: number;
  readonly outcome: ConferenceOutcome | null;
}

export interface CallRecordFilter {
  /** Milliseconds since the epoch, inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  readonly accountId?: AccountId;
  readonly outcome?: CallOutcome;
  /** Newest first; at most so many (1 to 10 000). */
  readonly limit: number;
}

/** Something that lives now, kept for the process that comes after a crash of this one. `data` is opaque text, `null` when it is over. Never a PIN. */
export interface LiveChange {
  readonly kind: 'call' | 'conference';
  readonly id: string;
  readonly data: string | null;
}

/** The name, number or PIN is taken already. */
export class Duplicate extends Error {
  override readonly name = 'Duplicate';
}

/** The disk is full, the database read-only or damaged: the write did not happen. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface Store {
  close(): void;
  /** One line per finding, empty when all is well (integrity, schema version, write test). */
  check(): readonly string[];

  /** @throws {Duplicate} when either PIN hash is taken; then nothing is written. */
  addAccount(account: Account, pins: { readonly host: PinHash; readonly guest: PinHash }): void;
  account(id: AccountId): Account | null;
  /** Exact name, any case; names need not be unique, so possibly several. */
  accountsNamed(name: string): readonly Account[];
  /** In order of creation. `limit` 1 to 10 000. */
  accounts(page: { readonly limit: number; readonly after?: AccountId }): readonly Account[];
  /** @returns whether there was such an account. */
  updateAccount(
    id: AccountId,
    change: { readonly name?: string; readonly enabled?: boolean; readonly options?: ConferenceOptions },
  ): boolean;
  /** Removes the account and its PINs; its call records stay without it. */
  removeAccount(id: AccountId): boolean;
  countAccounts(): number;
  /** Enabled accounts only. One indexed look-up, found or not. */
  findPin(hash: PinHash): PinMatch | null;

  /** @throws {Duplicate} */
  addNumber(number: DialInNumber): void;
  numbers(): readonly DialInNumber[];
  removeNumber(number: string): boolean;

  /** @throws {Duplicate} */
  addTrunk(trunk: Trunk): void;
  trunks(): readonly Trunk[];
  removeTrunk(name: string): boolean;

  /** @returns the record's number, for the call records. */
  startConferenceRecord(record: ConferenceRecord): number;
  endConferenceRecord(
    id: number,
    end: {
      readonly endedAt: number;
      readonly peak: number;
      readonly lockedOut: number;
      readonly outcome: ConferenceOutcome;
    },
  ): void;
  conferenceRecords(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly ConferenceRecord[];
  addCallRecord(record: CallRecord): void;
  callRecords(filter: CallRecordFilter): readonly CallRecord[];

  /** In one transaction; outlives the death of the process, not necessarily that of the machine. */
  saveLive(changes: readonly LiveChange[]): void;
  /** In order of id. */
  live(kind: LiveChange['kind']): readonly { readonly id: string; readonly data: string }[];

  /** Mixers an administrator drains, by name, in order of name; known to the bridge within seconds. */
  drainedMixers(): readonly string[];
  /** @returns whether that changed anything. */
  setMixerDrained(name: string, drained: boolean): boolean;
}

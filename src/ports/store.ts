import type { ConferenceOptions, Role } from '../domain/conference-options.js';
import type { AccountId } from '../domain/identifiers.js';
import type { BookingMatch, BookingStore } from './store-bookings.js';
import type { DeliveryStore } from './store-deliveries.js';
import type { CodeRole, NewPin, PinHash, SealedPinStore } from './store-pins.js';
import type { AuditLine, AuditStore } from './store-privacy.js';
import type { ReportStore } from './store-reports.js';

export type { CodeRole, NewPin, PinHash } from './store-pins.js';

export type { CallRecord, ConferenceRecord } from './store-reports.js';

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
  /** Where the host reads mail. */
  readonly email?: string;
  /** IANA name, e.g. `Europe/Dublin`; left out: that of the bridge. */
  readonly timeZone?: string;
  /** BCP 47 tag, e.g. `en-IE`. */
  readonly language?: string;
}

/** Which accounts, and in what order. */
export interface AccountPage {
  /** 1 to 10 000. */
  readonly limit: number;
  /** Goes on behind this one; none are left where there is no such account. */
  readonly after?: AccountId;
  /** How names begin, whatever the case: then in order of name. */
  readonly namePrefix?: string;
  /** Exact, whatever the case of its letters from a to z. */
  readonly email?: string;
  readonly enabled?: boolean;
}

/** A live PIN or code of an account itself, as the store keeps it. */
export interface AccountPin {
  readonly role: CodeRole;
  /** Digits; `null`: it was drawn by a version that did not note them. */
  readonly length: number | null;
  /** For `PinSeal`; `null`: it cannot be printed again. */
  readonly sealed: string | null;
}

export interface PinMatch {
  readonly account: Account;
  /** Of an access code `guest`. */
  readonly role: Role;
  readonly byAccessCode: boolean;
  /** The account has a security code, or the booking keeps one. */
  readonly securityCode: boolean;
  /** `null`: it opens the account's own conference. */
  readonly booking: BookingMatch | null;
}

/** A key that is to come after the one that counts. */
export interface NextPinKey {
  /** What a hash under the key that counts, or one before it, becomes under this one. */
  readonly next: (hash: PinHash) => PinHash;
  /** Puts it on the disk, for good; called once, while nobody else can change keys. */
  readonly keep: () => void;
}

/** What opens an account's conference: a host and a guest PIN, or an access code for all and a moderator PIN that makes the caller host. */
export type AccountPins = (
  { readonly host: NewPin; readonly guest: NewPin } | { readonly access: NewPin; readonly moderator: NewPin }
) & { readonly security?: NewPin };

export interface AccountChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly options?: ConferenceOptions;
  /** `null` removes it; so with the two that follow. */
  readonly email?: string | null;
  readonly timeZone?: string | null;
  readonly language?: string | null;
  /** In place of the one there was; `null` removes it. */
  readonly securityCode?: NewPin | null;
}

/** What callers of an account key in, without the codes themselves. */
export interface AccountCodes {
  /** One access code for all and a moderator PIN, instead of a host and a guest PIN. */
  readonly accessCode: boolean;
  readonly securityCode: boolean;
}

/** A number that is not let in, or a pattern of numbers. */
export interface Block {
  /** `null`: bridge-wide. */
  readonly accountId: AccountId | null;
  /** Digits; in a pattern `?` for any one of them, and `*` at the end for any that follow, or none. */
  readonly callerNumber: string;
  readonly createdAt: number;
}

/** A sealed recording (product: section 7). The key is wrapped by the bridge's; the audio is in a file of its own, `<id>.sealed`. */
export interface Recording {
  readonly id: string;
  readonly accountId: AccountId;
  readonly conferenceRecordId: number | null;
  /** 1 for the first of a conference; another one begins where its mixer was lost. */
  readonly part: number;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** From then on it is unreadable, then gone. */
  readonly dueAt: number;
  /** The recording's own key under the bridge's, base64. */
  readonly wrappedKey: string;
}

/** A dial-in number: the user part of the request URI, e.g. `+442071234567` or `conference`. */
export interface DialInNumber {
  readonly number: string;
  /** Digits of every PIN keyed at it. */
  readonly pinLength: number;
  /** Name of a greeting, or `null` for none. */
  readonly greeting: string | null;
  /** What invitations call it, e.g. its place. */
  readonly label?: string;
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

/** There are as many as there may be: remove some first. */
export class TooMany extends Error {
  override readonly name = 'TooMany';
}

/** The hash is under a version of the PIN key that is not the database's any more: hash again. Nothing was written. */
export class OutdatedHash extends Error {
  override readonly name = 'OutdatedHash';
}

/** The disk is full, the database read-only or damaged: the write did not happen. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface Store extends BookingStore, DeliveryStore, AuditStore, ReportStore, SealedPinStore {
  close(): void;
  /** One line per finding, empty when all is well (integrity, schema version, write test). */
  check(): readonly string[];

  /**
   * @throws {Duplicate} when one of the hashes is taken, by a PIN or code of any kind, or was until it was replaced or removed less than
   * 90 days ago; {OutdatedHash}. Then nothing is written.
   */
  addAccount(account: Account, pins: AccountPins): void;
  account(id: AccountId): Account | null;
  /** Exact name, any case; names need not be unique, so possibly several. */
  accountsNamed(name: string): readonly Account[];
  /** In order of creation, unless a prefix of names is given. */
  accounts(page: AccountPage): readonly Account[];
  /**
   * Adds many accounts, all or none, and all at once for whoever looks. Not within another transaction: others are let write meanwhile.
   * @param note goes into the audit trail with them
   * @throws {Duplicate}, {OutdatedHash} as `addAccount`
   */
  importAccounts(accounts: Iterable<{ readonly account: Account; readonly pins: AccountPins }>, note?: AuditLine): void;
  /**
   * @returns whether there was such an account.
   * @throws {Duplicate} when the hash of the security code is taken as by `addAccount`; {OutdatedHash}: then nothing is changed.
   */
  updateAccount(id: AccountId, change: AccountChange): boolean;
  /**
   * Removes the account with its PINs, codes, blocks, bookings, deliveries and recordings (their keys: the files are noise then); its
   * records stay, under one random label for all of them. Nobody is given its PINs and codes for 90 days.
   */
  removeAccount(id: AccountId): boolean;
  countAccounts(): number;
  /**
   * Enabled accounts only; a booking's within the window of an occurrence that is not cancelled, an invitee's who is not revoked. One
   * indexed look-up, found or not. @param at milliseconds since the epoch
   */
  findPin(hash: PinHash, at: number): PinMatch | null;
  /**
   * Whether a PIN or access code still opens what it opened: it was not replaced or revoked, nor its booking or that occurrence cancelled, and
   * the account is enabled. Whatever the time. One indexed look-up.
   * @param startsAt of the occurrence; `null`: it opened the account's own conference
   */
  stillOpens(hash: PinHash, startsAt: number | null): boolean;
  /** What callers of the account key in, or `null`: there is no such account. */
  codesOf(id: AccountId): AccountCodes | null;
  /** Whether it is the account's moderator PIN, or its security code; never of one that is disabled. */
  codeMatches(id: AccountId, code: 'moderator' | 'security', hash: PinHash): boolean;
  /** The hash of the account's security code as it is now; `null`: it has none, or there is no such account. */
  securityCodeOf(id: AccountId): PinHash | null;
  /** The live PINs and codes of the account itself, not of its bookings; none where there is no such account. */
  pinsOf(id: AccountId): readonly AccountPin[];
  /**
   * Puts freshly drawn PINs and codes of the account in place of those of the same roles; the old ones open nothing any more, their
   * sealed copies are gone, and nobody is given them for 90 days. At once, or not at all.
   * @returns whether there is such an account
   * @throws {Duplicate}, {OutdatedHash} as `addAccount`
   */
  rotatePins(id: AccountId, pins: Readonly<Partial<Record<CodeRole, NewPin>>>): boolean;
  /** Whether nobody has the code, nor had it in the last 90 days. */
  isFree(hash: PinHash): boolean;
  /** Live PINs and codes of so many digits, of every kind, with those whose length nobody noted. */
  livePins(length: number): number;
  /** The version of the PIN key that all hashes are under, 1 for the first. */
  pinKeyVersion(): number;
  /**
   * Brings all hashes of live and retired codes to the next version of the PIN key, all of them or none, and then those of bookings. Not
   * within another transaction: with many it takes minutes, and others are let write meanwhile.
   * @param prepare is given the version of now. What it or its key throws comes out, nothing is changed
   * @param note goes into the audit trail with it
   * @returns the new version
   */
  rekeyPins(prepare: (version: number) => NextPinKey, note?: AuditLine): number;

  /**
   * Blocking a number twice changes nothing; nor does blocking it for an account that is not there any more.
   * @throws {TooMany} the account, or the bridge for all of them, has 10 000 already.
   */
  addBlock(block: Block): void;
  /** Of the account and bridge-wide ones, oldest first; without an account all. Nothing is changed by the store until the last was taken or the loop left. */
  blocks(accountId?: AccountId): Iterable<Block>;
  removeBlock(accountId: AccountId | null, callerNumber: string): boolean;
  /** By the account or bridge-wide, the number or a pattern it fits. @param accountId `null`: bridge-wide only */
  isBlocked(accountId: AccountId | null, callerNumber: string): boolean;

  /** @returns whether its account is still there: otherwise nothing is kept of it. @throws {Duplicate} */
  addRecording(recording: Recording): boolean;
  /** Newest first, 1 to 10 000. */
  recordings(filter: { readonly limit: number; readonly accountId?: AccountId }): readonly Recording[];
  /** In order of id, 1 to 10 000. @param after empty, or the id of the last one of the page before */
  recordingsById(after: string, limit: number): readonly Recording[];
  recording(id: string): Recording | null;
  removeRecording(id: string): boolean;
  /** Those due by then, the longest due first; at most `limit` (1 to 10 000). */
  recordingsDue(at: number, limit: number): readonly Recording[];

  /** @throws {Duplicate} */
  addNumber(number: DialInNumber): void;
  numbers(): readonly DialInNumber[];
  removeNumber(number: string): boolean;

  /** @throws {Duplicate} */
  addTrunk(trunk: Trunk): void;
  trunks(): readonly Trunk[];
  removeTrunk(name: string): boolean;

  /** In one transaction; outlives the death of the process, not necessarily that of the machine. */
  saveLive(changes: readonly LiveChange[]): void;
  /** In order of id. */
  live(kind: LiveChange['kind']): readonly { readonly id: string; readonly data: string }[];

  /** Mixers an administrator drains, by name, in order of name; known to the bridge within seconds. */
  drainedMixers(): readonly string[];
  /** @returns whether that changed anything. */
  setMixerDrained(name: string, drained: boolean): boolean;
}

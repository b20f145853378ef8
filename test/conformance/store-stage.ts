import { DEFAULT_CONFERENCE_OPTIONS } from '../../src/domain/conference-options.js';
import { accountId, callId, conferenceId } from '../../src/domain/identifiers.js';
import type { Account, CallRecord, ConferenceRecord, NewPin, Recording, Store } from '../../src/ports/store.js';
import type { Delivery } from '../../src/ports/store-deliveries.js';

export const account = (id: string, more: Partial<Account> = {}): Account => ({
  id: accountId(id),
  name: `Name of ${id}`,
  enabled: true,
  options: DEFAULT_CONFERENCE_OPTIONS,
  createdAt: 1_700_000_000_000,
  ...more,
});

/** How long nobody is given a PIN or code that was replaced or removed. */
export const NINETY_DAYS_MS = 90 * 86_400_000;

/** A PIN or code of 9 digits with this hash. */
export const pin = (hash: string): NewPin => ({ hash, length: 9 });

export const call = (id: string, more: Partial<CallRecord> = {}): CallRecord => ({
  id: callId(id),
  direction: 'in',
  sipCallId: `${id}@example.org`,
  startedAt: 1_700_000_000_000,
  answeredAt: null,
  joinedAt: null,
  endedAt: 1_700_000_060_000,
  trunk: null,
  dialled: '+442071234567',
  caller: null,
  accountId: null,
  bookingId: null,
  inviteeId: null,
  conferenceRecordId: null,
  role: null,
  outcome: 'abandoned',
  keyMethod: null,
  codec: null,
  mixer: null,
  packetLoss: null,
  jitterMs: null,
  ...more,
});

export const conference = (id: string, more: Partial<ConferenceRecord> = {}): ConferenceRecord => ({
  conferenceId: conferenceId(id),
  accountId: accountId(id),
  startedAt: 1_700_000_000_000,
  endedAt: null,
  bookingId: null,
  peak: 1,
  lockedOut: 0,
  blocked: 0,
  outcome: null,
  ...more,
});

export const recording = (id: string, more: Partial<Recording> = {}): Recording => ({
  id,
  accountId: accountId('a1'),
  conferenceRecordId: 3,
  part: 1,
  startedAt: 1_700_000_000_000,
  durationMs: 60_000,
  dueAt: 1_702_592_060_000,
  wrappedKey: 'a2V5',
  ...more,
});

export const delivery = (id: string, more: Partial<Delivery> = {}): Delivery => ({
  id,
  kind: 'invitation',
  channel: 'mail',
  accountId: accountId('a1'),
  bookingId: null,
  occurrenceAt: null,
  inviteeId: null,
  conferenceRecordId: null,
  address: 'mary@example.org',
  nextAt: 1_700_000_000_000,
  attempts: 0,
  failedAt: null,
  error: null,
  ...more,
});

/** The store of the test that runs. */
export class StoreStage {
  store: Store;
  /** What the clock of the store says, milliseconds since the epoch. */
  time = 1_700_000_000_000;

  constructor(factory: (now: () => number) => Store) {
    this.store = factory(() => this.time);
  }

  /** An account with a host and a guest PIN. */
  add(id: string, more: Partial<Account> = {}): Account {
    const added = account(id, more);
    this.store.addAccount(added, { host: pin(`${id}-host`), guest: pin(`${id}-guest`) });
    return added;
  }
}

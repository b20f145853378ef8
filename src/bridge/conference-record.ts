import type { ConferenceEffect } from '../domain/conference/contract.js';
import type { AccountId, BookingId, ConferenceId } from '../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import type { Store } from '../ports/store.js';
import type { HostReportOf } from './bridge-parts.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';

export interface ConferenceRecordParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly hostReport: HostReportOf;
}

interface RecordedConference {
  readonly id: ConferenceId;
  readonly accountId: AccountId;
  readonly bookingId: BookingId | null;
}

/** What was recorded before this process. */
interface KeptSoFar {
  readonly id: number | null;
  readonly blocked: number;
}

/** The record of one conference, from its first caller on. A store that fails costs the record, not the conference. */
export class KeptRecord {
  readonly #conference: RecordedConference;
  readonly #parts: ConferenceRecordParts;
  /** Its number, once it has begun. */
  id: number | null;
  /** Attempts of callers who are blocked or not allowed. */
  blocked: number;

  constructor(conference: RecordedConference, { id, blocked }: KeptSoFar, parts: ConferenceRecordParts) {
    this.#conference = conference;
    this.id = id;
    this.blocked = blocked;
    this.#parts = parts;
  }

  start(): void {
    const { store, clock, log } = this.#parts;
    const { id: conferenceId, accountId, bookingId } = this.#conference;
    try {
      const startedAt = clock.wall();
      const nothingYet = { endedAt: null, peak: 0, lockedOut: 0, blocked: 0, outcome: null };
      this.id = store.startConferenceRecord({ conferenceId, accountId, bookingId, startedAt, ...nothingYet });
    } catch (error) {
      log.error({ conference: conferenceId, error: asError(error).message }, 'conference record could not be begun');
    }
    log.info({ conference: conferenceId }, 'conference began');
  }

  end({ peak, lockedOut, outcome }: Extract<ConferenceEffect, { type: 'CloseConference' }>): void {
    if (this.id === null) return;
    const { store, clock, log } = this.#parts;
    const conference = this.#conference.id;
    try {
      const report = this.#report(this.id);
      const counted = { peak, lockedOut, blocked: this.blocked };
      store.endConferenceRecord(this.id, { endedAt: clock.wall(), ...counted, outcome }, report);
    } catch (error) {
      log.error({ conference, error: asError(error).message }, 'conference record could not be ended');
    }
    log.info({ conference, outcome, peak }, 'conference ended');
  }

  /** What is to be sent of it; trouble with that costs the report, not the record. */
  #report(recordId: number): ReturnType<HostReportOf> {
    const { hostReport, log } = this.#parts;
    const { id: conference, accountId, bookingId } = this.#conference;
    try {
      return hostReport({ accountId, bookingId, recordId });
    } catch (error) {
      log.error({ conference, error: asError(error).message }, "the host's report could not be queued");
      return null;
    }
  }
}

import type { Database, Statement } from 'better-sqlite3';
import { bookingId, inviteeId } from '../../domain/identifiers.js';
import type { PinHash, PinMatch } from '../../ports/store.js';
import type { BookingMatch } from '../../ports/store-bookings.js';
import { ACCOUNT_COLUMNS, IS_THERE, toAccount, type AccountRow } from './accounts.js';

interface MatchRow extends AccountRow {
  readonly role: 'host' | 'guest' | 'access';
  readonly security_code: number;
  readonly booking_id: string | null;
  readonly starts_at: number;
  readonly closes_at: number;
  readonly recording: BookingMatch['recording'];
  readonly invitee_id: string | null;
}

/*
 * The occurrence that is open: its PINs work from early entry before its start to the overrun after its end. Of several, as where one
 * follows the other, the one that is on; else the one to come, of which early entry speaks, before the one that overruns.
 */
const OPEN_OCCURRENCE = `SELECT seq FROM occurrences
   WHERE booking_seq = p.booking_seq AND (p.occurrence_seq IS NULL OR seq = p.occurrence_seq) AND cancelled_at IS NULL
     AND starts_at <= :at + b.early_ms AND starts_at > :at - b.duration_ms - b.overrun_ms
   ORDER BY (starts_at <= :at AND ends_at > :at) DESC, starts_at DESC LIMIT 1`;

/** What entered PINs open. */
export class PinMatches {
  readonly #find: Statement<[{ readonly hash: string; readonly at: number }], MatchRow>;
  readonly #stillOpens: Statement<[{ readonly hash: string; readonly startsAt: number | null }], { readonly 1: 1 }>;

  constructor(database: Database) {
    this.#find = database.prepare(
      `SELECT ${ACCOUNT_COLUMNS}, p.role, b.id AS booking_id, o.starts_at, o.ends_at + b.overrun_ms AS closes_at, b.recording,
         i.id AS invitee_id,
         CASE WHEN b.seq IS NOT NULL THEN b.security_hash IS NOT NULL
           ELSE EXISTS (SELECT 1 FROM pins s WHERE s.account_seq = a.seq AND s.role = 'security' AND s.booking_seq IS NULL)
         END AS security_code
       FROM pins p
       JOIN accounts a ON a.seq = p.account_seq
       LEFT JOIN bookings b ON b.seq = p.booking_seq
       LEFT JOIN occurrences o ON o.seq = (${OPEN_OCCURRENCE})
       LEFT JOIN invitees i ON i.seq = p.invitee_seq
       WHERE p.hash = :hash AND p.role IN ('host', 'guest', 'access') AND a.enabled = 1 AND ${IS_THERE}
         AND (p.booking_seq IS NULL OR (b.cancelled_at IS NULL AND o.seq IS NOT NULL AND i.revoked_at IS NULL))`,
    );
    this.#stillOpens = database.prepare(
      `SELECT 1 FROM pins p
       JOIN accounts a ON a.seq = p.account_seq
       LEFT JOIN bookings b ON b.seq = p.booking_seq
       LEFT JOIN invitees i ON i.seq = p.invitee_seq
       WHERE p.hash = :hash AND p.role IN ('host', 'guest', 'access') AND a.enabled = 1 AND ${IS_THERE}
         AND CASE WHEN p.booking_seq IS NULL THEN :startsAt IS NULL
           ELSE b.cancelled_at IS NULL AND i.revoked_at IS NULL AND EXISTS (
             SELECT 1 FROM occurrences WHERE booking_seq = p.booking_seq AND starts_at = :startsAt AND cancelled_at IS NULL)
         END`,
    );
  }

  stillOpens(hash: PinHash, startsAt: number | null): boolean {
    return this.#stillOpens.get({ hash, startsAt }) !== undefined;
  }

  find(hash: PinHash, at: number): PinMatch | null {
    const row = this.#find.get({ hash, at: Math.trunc(at) });
    if (row === undefined) return null;
    return {
      account: toAccount(row),
      role: row.role === 'host' ? 'host' : 'guest',
      byAccessCode: row.role === 'access',
      securityCode: row.security_code === 1,
      booking: row.booking_id === null ? null : toMatch(row, row.booking_id),
    };
  }
}

const toMatch = (row: MatchRow, id: string): BookingMatch => ({
  id: bookingId(id),
  startsAt: row.starts_at,
  endsAt: row.closes_at,
  recording: row.recording,
  inviteeId: row.invitee_id === null ? null : inviteeId(row.invitee_id),
});

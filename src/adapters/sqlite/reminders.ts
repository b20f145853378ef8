import { randomBytes } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { ReminderPlan } from '../../ports/store-deliveries.js';

/** Occurrences looked at in one transaction. */
const AT_ONCE = 200;
/** Reminders added in one transaction, but for those of its last occurrence. */
const MOST_ADDED = 500;
/** A clock that is put back by more was wrong before: it is believed now, and not what was planned by it. */
const MOST_BACK_MS = 24 * 3_600_000;

interface OccurrenceRow {
  readonly seq: number;
  readonly starts_at: number;
  readonly booking_seq: number;
  readonly account_seq: number;
  readonly account_email: string | null;
  /** 1: its invitees are told by the bridge, and it is on. */
  readonly told: number;
}

interface InviteeRow {
  readonly seq: number;
  readonly email: string | null;
  readonly phone: string | null;
}

/** How far the reminders of one lead are planned: the last occurrence looked at. */
interface Planned {
  readonly startsAt: number;
  readonly seq: number;
}

/** Turns occurrences that are near into deliveries. How far that went stands in `facts`, so that none is planned twice. */
export class ReminderPlanner {
  readonly #planned: Statement<[string], { readonly value: string }>;
  readonly #setPlanned: Statement<[string, string]>;
  readonly #occurrences: Statement<[Planned & { to: number; limit: number }], OccurrenceRow>;
  readonly #invitees: Statement<[number], InviteeRow>;
  readonly #add: Statement;

  constructor(database: Database) {
    this.#planned = database.prepare('SELECT value FROM facts WHERE name = ?');
    this.#setPlanned = database.prepare(
      'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
    this.#occurrences = database.prepare(
      `SELECT o.seq, o.starts_at, o.booking_seq, b.account_seq, a.email AS account_email,
         b.notify = 1 AND b.cancelled_at IS NULL AND o.cancelled_at IS NULL AND a.enabled = 1 AS told
       FROM occurrences o JOIN bookings b ON b.seq = o.booking_seq JOIN accounts a ON a.seq = b.account_seq
       WHERE (o.starts_at, o.seq) > (:startsAt, :seq) AND o.starts_at <= :to
       ORDER BY o.starts_at, o.seq LIMIT :limit`,
    );
    this.#invitees = database.prepare(
      'SELECT seq, email, phone FROM invitees WHERE booking_seq = ? AND revoked_at IS NULL ORDER BY seq',
    );
    this.#add = database.prepare(
      `INSERT INTO deliveries (id, kind, channel, account_seq, booking_seq, occurrence_seq, invitee_seq, address, next_at, attempts)
       VALUES (:id, 'reminder', :channel, :account, :booking, :occurrence, :invitee, :address, :now, 0)`,
    );
  }

  /** @returns whether there is more to plan now */
  plan({ leadMs, shorterMs, now, mail, sms }: ReminderPlan): boolean {
    const name = `reminders ${leadMs}`;
    const horizon: Planned = { startsAt: Math.floor(now + leadMs), seq: Number.MAX_SAFE_INTEGER };
    const from = this.#read(name);
    if (from === null || from.startsAt > horizon.startsAt + MOST_BACK_MS) {
      this.#setPlanned.run(name, JSON.stringify(horizon));
      return false;
    }
    // what began already is not worth a look
    const least = Math.floor(now + shorterMs);
    const after = from.startsAt >= least ? from : { startsAt: least, seq: Number.MAX_SAFE_INTEGER };
    const rows = this.#occurrences.all({ ...after, to: horizon.startsAt, limit: AT_ONCE });
    let [looked, added] = [0, 0];
    for (const row of rows) {
      if (added >= MOST_ADDED) break;
      looked += 1;
      if (row.told === 1) added += this.#remind(row, now, { mail, sms });
    }
    const last = rows[looked - 1];
    const isMore = last !== undefined && (rows.length === AT_ONCE || looked < rows.length);
    const reached = isMore ? { startsAt: last.starts_at, seq: last.seq } : horizon;
    // a clock that was put back plans nothing again
    if (isMore || reached.startsAt > from.startsAt) this.#setPlanned.run(name, JSON.stringify(reached));
    return isMore;
  }

  /** @returns how many were added */
  #remind(row: OccurrenceRow, now: number, { mail, sms }: { readonly mail: boolean; readonly sms: boolean }): number {
    let added = 0;
    const add = (channel: 'mail' | 'sms', address: string, invitee: number | null): void => {
      added += 1;
      this.#add.run({
        id: `d${randomBytes(10).toString('hex')}`,
        channel,
        account: row.account_seq,
        booking: row.booking_seq,
        occurrence: row.seq,
        invitee,
        address,
        now: Math.floor(now),
      });
    };
    if (mail && row.account_email !== null) add('mail', row.account_email, null);
    for (const { seq, email, phone } of this.#invitees.all(row.booking_seq)) {
      if (mail && email !== null) add('mail', email, seq);
      else if (sms && phone !== null) add('sms', phone, seq);
    }
    return added;
  }

  #read(name: string): Planned | null {
    const text = this.#planned.get(name)?.value;
    if (text === undefined) return null;
    const { startsAt, seq } = JSON.parse(text) as Planned;
    return { startsAt, seq };
  }
}

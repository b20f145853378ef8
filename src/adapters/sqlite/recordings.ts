import type { Database, Statement } from 'better-sqlite3';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { Recording } from '../../ports/store.js';

interface RecordingRow {
  readonly id: string;
  readonly account_id: string;
  readonly conference_record_id: number | null;
  readonly part: number;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly due_at: number;
  readonly wrapped_key: string;
}

const ROWS = `SELECT r.id, a.id AS account_id, r.conference_record_id, r.part, r.started_at, r.duration_ms, r.due_at, r.wrapped_key
  FROM recordings r JOIN accounts a ON a.seq = r.account_seq`;
const NEWEST_FIRST = 'ORDER BY r.started_at DESC, r.seq DESC';

const toRecording = (row: RecordingRow): Recording => ({
  id: row.id,
  accountId: accountId(row.account_id),
  conferenceRecordId: row.conference_record_id,
  part: row.part,
  startedAt: row.started_at,
  durationMs: row.duration_ms,
  dueAt: row.due_at,
  wrappedKey: row.wrapped_key,
});

/** Sealed recordings with their keys. */
export class RecordingTable {
  readonly #add: Statement;
  readonly #newest: Statement<[number], RecordingRow>;
  readonly #newestOf: Statement<[string, number], RecordingRow>;
  readonly #inOrder: Statement<[string, number], RecordingRow>;
  readonly #byId: Statement<[string], RecordingRow>;
  readonly #remove: Statement<[string]>;
  readonly #due: Statement<[number, number], RecordingRow>;

  constructor(database: Database) {
    this.#add = database.prepare(
      `INSERT INTO recordings (id, account_seq, conference_record_id, part, started_at, duration_ms, due_at, wrapped_key)
       SELECT :id, seq, :conferenceRecordId, :part, :startedAt, :durationMs, :dueAt, :wrappedKey
       FROM accounts WHERE id = :accountId`,
    );
    this.#newest = database.prepare(`${ROWS} ${NEWEST_FIRST} LIMIT ?`);
    this.#newestOf = database.prepare(
      `${ROWS} WHERE r.account_seq = (SELECT seq FROM accounts WHERE id = ?) ${NEWEST_FIRST} LIMIT ?`,
    );
    this.#inOrder = database.prepare(`${ROWS} WHERE r.id > ? ORDER BY r.id LIMIT ?`);
    this.#byId = database.prepare(`${ROWS} WHERE r.id = ?`);
    this.#remove = database.prepare('DELETE FROM recordings WHERE id = ?');
    this.#due = database.prepare(`${ROWS} WHERE r.due_at <= ? ORDER BY r.due_at, r.seq LIMIT ?`);
  }

  add(recording: Recording): boolean {
    const { changes } = this.#add.run({
      ...recording,
      startedAt: Math.round(recording.startedAt),
      durationMs: Math.round(recording.durationMs),
      dueAt: Math.round(recording.dueAt),
    });
    return changes > 0;
  }

  list({ limit, accountId: id }: { readonly limit: number; readonly accountId?: AccountId }): readonly Recording[] {
    return (id === undefined ? this.#newest.all(limit) : this.#newestOf.all(id, limit)).map(toRecording);
  }

  listById(after: string, limit: number): readonly Recording[] {
    return this.#inOrder.all(after, limit).map(toRecording);
  }

  byId(id: string): Recording | null {
    const row = this.#byId.get(id);
    return row === undefined ? null : toRecording(row);
  }

  remove(id: string): boolean {
    return this.#remove.run(id).changes > 0;
  }

  due(at: number, limit: number): readonly Recording[] {
    return this.#due.all(at, limit).map(toRecording);
  }
}

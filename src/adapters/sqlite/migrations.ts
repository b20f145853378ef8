import type { Database } from 'better-sqlite3';

/** Marks the file as Partyline's ("Part"), so that another program's database is not taken for ours. */
const APPLICATION_ID = 0x50_61_72_74;

/**
 * The steps from an empty file to today's schema; step n makes `user_version` n. A step that was ever released is
 * never changed: the next change is a step of its own.
 */
const MIGRATIONS: readonly string[] = [
  `
  -- "seq" gives the order of creation, whatever the clock said.
  CREATE TABLE accounts (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    folded_name TEXT    NOT NULL,
    enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    options     TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX accounts_by_name ON accounts (folded_name);

  -- One table for all PINs, so that a hash is unique over hosts and guests of all accounts.
  CREATE TABLE pins (
    hash        TEXT    PRIMARY KEY,
    account_seq INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
    role        TEXT    NOT NULL CHECK (role IN ('host', 'guest'))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pins_by_account ON pins (account_seq);

  CREATE TABLE numbers (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    number     TEXT    NOT NULL UNIQUE,
    pin_length INTEGER NOT NULL,
    greeting   TEXT,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE trunks (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL,
    folded_name TEXT    NOT NULL UNIQUE,
    sources     TEXT    NOT NULL,
    enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at  INTEGER NOT NULL
  ) STRICT;

  -- Records outlive accounts: no references, and removing an account takes its identity out of them.
  CREATE TABLE conference_records (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    conference_id TEXT    NOT NULL,
    account_id    TEXT    NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    peak          INTEGER NOT NULL,
    locked_out    INTEGER NOT NULL,
    outcome       TEXT
  ) STRICT;
  CREATE INDEX conference_records_by_start ON conference_records (started_at);
  CREATE INDEX conference_records_by_account ON conference_records (account_id, started_at);

  CREATE TABLE call_records (
    seq                  INTEGER PRIMARY KEY AUTOINCREMENT,
    id                   TEXT    NOT NULL UNIQUE,
    sip_call_id          TEXT    NOT NULL,
    started_at           INTEGER NOT NULL,
    answered_at          INTEGER,
    joined_at            INTEGER,
    ended_at             INTEGER NOT NULL,
    trunk                TEXT,
    dialled              TEXT    NOT NULL,
    caller               TEXT,
    account_id           TEXT,
    conference_record_id INTEGER,
    role                 TEXT,
    outcome              TEXT    NOT NULL,
    key_method           TEXT,
    codec                TEXT,
    mixer                TEXT,
    packet_loss          REAL,
    jitter_ms            REAL
  ) STRICT;
  CREATE INDEX call_records_by_start ON call_records (started_at);
  CREATE INDEX call_records_by_account ON call_records (account_id, started_at);
  CREATE INDEX call_records_by_outcome ON call_records (outcome, started_at);
  `,
  `
  -- Live calls and conferences, for the process that comes after a crash of this one.
  CREATE TABLE live (
    kind TEXT NOT NULL CHECK (kind IN ('call', 'conference')),
    id   TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE drained_mixers (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  `
  -- Still one table, so that no code of any kind is any other code of the bridge; an account has one of each kind at most.
  CREATE TABLE codes (
    hash        TEXT    PRIMARY KEY,
    account_seq INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
    role        TEXT    NOT NULL CHECK (role IN ('host', 'guest', 'access', 'moderator', 'security'))
  ) STRICT, WITHOUT ROWID;
  INSERT INTO codes (hash, account_seq, role) SELECT hash, account_seq, role FROM pins;
  DROP TABLE pins;
  ALTER TABLE codes RENAME TO pins;
  CREATE UNIQUE INDEX pins_by_account ON pins (account_seq, role);

  -- Without an account: bridge-wide.
  CREATE TABLE blocks (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_seq   INTEGER REFERENCES accounts (seq) ON DELETE CASCADE,
    caller_number TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX blocks_by_number ON blocks (caller_number, coalesce(account_seq, 0));
  CREATE INDEX blocks_by_account ON blocks (account_seq);

  -- A removed account takes its recordings along: without their keys they are noise.
  CREATE TABLE recordings (
    seq                  INTEGER PRIMARY KEY AUTOINCREMENT,
    id                   TEXT    NOT NULL UNIQUE,
    account_seq          INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
    conference_record_id INTEGER,
    part                 INTEGER NOT NULL,
    started_at           INTEGER NOT NULL,
    duration_ms          INTEGER NOT NULL,
    due_at               INTEGER NOT NULL,
    wrapped_key          TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX recordings_by_start ON recordings (started_at);
  CREATE INDEX recordings_by_account ON recordings (account_seq, started_at);
  CREATE INDEX recordings_by_due ON recordings (due_at);

  ALTER TABLE call_records ADD COLUMN direction TEXT NOT NULL DEFAULT 'in' CHECK (direction IN ('in', 'out'));
  `,
];

/** The schema this program knows. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The file belongs to a newer Partyline or to another program. One line that says what to do. */
export class UnknownSchema extends Error {
  override readonly name = 'UnknownSchema';
}

export const versionOf = (database: Database): number => Number(database.pragma('user_version', { simple: true }));

/** @throws {UnknownSchema} when the file is not one this program can use */
export function checkOrigin(database: Database, file: string): void {
  const version = versionOf(database);
  const application = Number(database.pragma('application_id', { simple: true }));
  if (application !== APPLICATION_ID && (version !== 0 || application !== 0 || hasTables(database))) {
    throw new UnknownSchema(`${file} is the database of another program: choose another data directory`);
  }
  if (version > SCHEMA_VERSION) {
    throw new UnknownSchema(
      `${file} has schema ${version} of a newer Partyline, this one knows up to ${SCHEMA_VERSION}: use the newer Partyline or restore a backup`,
    );
  }
}

const hasTables = (database: Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1").get() !== undefined;

/** Takes the steps that are missing, each wholly or not at all, also when two processes start at once. */
export function migrate(database: Database): void {
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (versionOf(database) > index) continue;
    database
      .transaction(() => {
        // the other process may have taken this step while we waited for the lock
        if (versionOf(database) > index) return;
        database.exec(sql);
        database.pragma(`application_id = ${APPLICATION_ID}`);
        database.pragma(`user_version = ${index + 1}`);
      })
      .immediate();
  }
}

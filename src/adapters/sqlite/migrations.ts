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
  `
  ALTER TABLE accounts ADD COLUMN email TEXT;
  ALTER TABLE accounts ADD COLUMN time_zone TEXT;
  ALTER TABLE accounts ADD COLUMN language TEXT;
  -- Sums of many accounts find their names here, without the rest of the accounts.
  CREATE INDEX accounts_named ON accounts (id, folded_name, name);
  -- With all that is asked of those who share an address: only what is shown is read from the table.
  CREATE INDEX accounts_by_email ON accounts (email COLLATE NOCASE, enabled, folded_name) WHERE email IS NOT NULL;
  -- One for each order of pages with each filter: without it those that are sought among many others are found late.
  CREATE INDEX accounts_by_state ON accounts (enabled);
  CREATE INDEX accounts_by_state_and_name ON accounts (enabled, folded_name);
  -- What invitations call the number, e.g. its place.
  ALTER TABLE numbers ADD COLUMN label TEXT;

  -- Accounts of an import that is not over: taken out again when it fails or dies. "at" is when it last gave a sign of life.
  CREATE TABLE importing (
    account_seq INTEGER PRIMARY KEY REFERENCES accounts (seq) ON DELETE CASCADE,
    token       TEXT    NOT NULL,
    at          INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX importing_by_token ON importing (token, at);

  -- One value for each name, such as the version of the PIN key that all hashes are under.
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- starts_local is the wall clock in time_zone; the occurrences say when that is.
  CREATE TABLE bookings (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT    NOT NULL UNIQUE,
    account_seq    INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
    title          TEXT    NOT NULL,
    starts_local   TEXT    NOT NULL,
    time_zone      TEXT    NOT NULL,
    duration_ms    INTEGER NOT NULL,
    rule           TEXT,
    pins_each      INTEGER NOT NULL CHECK (pins_each IN (0, 1)),
    personal_pins  INTEGER NOT NULL CHECK (personal_pins IN (0, 1)),
    early_ms       INTEGER NOT NULL,
    overrun_ms     INTEGER NOT NULL,
    recording      TEXT    CHECK (recording IN ('not-allowed', 'allowed', 'automatic')),
    security_hash  TEXT,
    revision       INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    cancelled_at   INTEGER,
    unrolled_until INTEGER,
    -- 1: invitees are sent what changes, and reminders
    notify         INTEGER NOT NULL DEFAULT 0 CHECK (notify IN (0, 1))
  ) STRICT;
  CREATE INDEX bookings_by_account ON bookings (account_seq);
  CREATE INDEX bookings_cancelled ON bookings (cancelled_at) WHERE cancelled_at IS NOT NULL;
  CREATE INDEX bookings_to_unroll ON bookings (unrolled_until) WHERE unrolled_until IS NOT NULL AND cancelled_at IS NULL;

  CREATE TABLE occurrences (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    booking_seq  INTEGER NOT NULL REFERENCES bookings (seq) ON DELETE CASCADE,
    starts_at    INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    cancelled_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX occurrences_by_booking ON occurrences (booking_seq, starts_at);
  CREATE INDEX occurrences_by_start ON occurrences (starts_at);
  CREATE INDEX occurrences_by_end ON occurrences (ends_at);

  CREATE TABLE invitees (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    booking_seq INTEGER NOT NULL REFERENCES bookings (seq) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    email       TEXT,
    phone       TEXT,
    revoked_at  INTEGER
  ) STRICT;
  CREATE INDEX invitees_by_booking ON invitees (booking_seq);
  CREATE INDEX invitees_revoked ON invitees (revoked_at) WHERE revoked_at IS NOT NULL;
  -- How the name of an invitee is said: a WAV file.
  CREATE TABLE spoken_names (
    invitee_seq INTEGER PRIMARY KEY REFERENCES invitees (seq) ON DELETE CASCADE,
    sound       BLOB    NOT NULL
  ) STRICT;

  -- Still one table for all codes. Those of a booking name it, of one occurrence alone that too, of one invitee alone that too. "sealed"
  -- is the code itself under a key outside the database, where it may be printed again; "length" is its digits, NULL where nobody knows.
  CREATE TABLE codes (
    hash           TEXT    PRIMARY KEY,
    account_seq    INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
    role           TEXT    NOT NULL CHECK (role IN ('host', 'guest', 'access', 'moderator', 'security')),
    booking_seq    INTEGER REFERENCES bookings (seq) ON DELETE CASCADE,
    occurrence_seq INTEGER REFERENCES occurrences (seq) ON DELETE CASCADE,
    invitee_seq    INTEGER REFERENCES invitees (seq) ON DELETE CASCADE,
    length         INTEGER,
    sealed         TEXT
  ) STRICT, WITHOUT ROWID;
  INSERT INTO codes (hash, account_seq, role) SELECT hash, account_seq, role FROM pins;
  DROP TABLE pins;
  ALTER TABLE codes RENAME TO pins;
  CREATE UNIQUE INDEX pins_by_owner
    ON pins (account_seq, role, coalesce(booking_seq, 0), coalesce(occurrence_seq, 0), coalesce(invitee_seq, 0));
  CREATE INDEX pins_by_booking ON pins (booking_seq) WHERE booking_seq IS NOT NULL;
  CREATE INDEX pins_by_occurrence ON pins (occurrence_seq) WHERE occurrence_seq IS NOT NULL;
  CREATE INDEX pins_by_invitee ON pins (invitee_seq) WHERE invitee_seq IS NOT NULL;
  -- In the order of accounts: by hash each new one would go to a page of its own.
  CREATE INDEX pins_by_length ON pins (length, account_seq);

  -- Whether a number is blocked is asked of one account and of the bridge, not of all who block the same.
  DROP INDEX blocks_by_account;
  CREATE INDEX blocks_by_account ON blocks (account_seq, caller_number);

  -- Hashes of codes that were replaced or removed: nobody is given them before "free_at".
  CREATE TABLE retired_pins (
    hash    TEXT    PRIMARY KEY,
    free_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX retired_pins_by_time ON retired_pins (free_at);

  -- What is to be sent, or was tried in vain. It holds no code: what is sent is written when it is sent.
  CREATE TABLE deliveries (
    seq                  INTEGER PRIMARY KEY AUTOINCREMENT,
    id                   TEXT    NOT NULL UNIQUE,
    kind                 TEXT    NOT NULL CHECK (kind IN ('invitation', 'update', 'cancellation', 'reminder', 'host-report')),
    channel              TEXT    NOT NULL CHECK (channel IN ('mail', 'sms', 'webhook', 'file')),
    account_seq          INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
    booking_seq          INTEGER REFERENCES bookings (seq) ON DELETE CASCADE,
    occurrence_seq       INTEGER REFERENCES occurrences (seq) ON DELETE CASCADE,
    invitee_seq          INTEGER REFERENCES invitees (seq) ON DELETE CASCADE,
    conference_record_id INTEGER,
    address              TEXT    NOT NULL,
    next_at              INTEGER NOT NULL,
    attempts             INTEGER NOT NULL,
    failed_at            INTEGER,
    error                TEXT
  ) STRICT;
  CREATE INDEX deliveries_by_time ON deliveries (next_at) WHERE failed_at IS NULL;
  CREATE INDEX deliveries_by_channel ON deliveries (channel, next_at) WHERE failed_at IS NULL AND kind <> 'reminder';
  CREATE INDEX deliveries_reminders ON deliveries (channel, next_at) WHERE failed_at IS NULL AND kind = 'reminder';
  CREATE INDEX deliveries_failed ON deliveries (next_at) WHERE failed_at IS NOT NULL;
  CREATE INDEX deliveries_by_failure ON deliveries (failed_at) WHERE failed_at IS NOT NULL;
  CREATE INDEX deliveries_by_account ON deliveries (account_seq);
  CREATE INDEX deliveries_by_booking ON deliveries (booking_seq) WHERE booking_seq IS NOT NULL;
  CREATE INDEX deliveries_by_occurrence ON deliveries (occurrence_seq) WHERE occurrence_seq IS NOT NULL;
  CREATE INDEX deliveries_by_invitee ON deliveries (invitee_seq) WHERE invitee_seq IS NOT NULL;

  ALTER TABLE call_records ADD COLUMN booking_id TEXT;
  ALTER TABLE call_records ADD COLUMN invitee_id TEXT;
  -- What happened in the call, as JSON, without anything that names a person.
  ALTER TABLE call_records ADD COLUMN story TEXT;
  CREATE INDEX call_records_by_conference ON call_records (conference_record_id) WHERE conference_record_id IS NOT NULL;
  -- Holds all that sums over a period read: ten times less than the records themselves.
  DROP INDEX call_records_by_start;
  CREATE INDEX call_records_by_start ON call_records (started_at, account_id, joined_at, ended_at, direction, answered_at);
  CREATE INDEX call_records_by_booking ON call_records (booking_id, started_at) WHERE booking_id IS NOT NULL;
  CREATE INDEX call_records_by_sip_call_id ON call_records (sip_call_id);
  CREATE INDEX recordings_by_conference ON recordings (conference_record_id) WHERE conference_record_id IS NOT NULL;
  -- Those that go on, and those that nobody ended.
  CREATE INDEX conference_records_open ON conference_records (id) WHERE ended_at IS NULL;
  ALTER TABLE conference_records ADD COLUMN booking_id TEXT;
  ALTER TABLE conference_records ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;

  -- Its telephone numbers were cut for their age; those whose are still to be are in an index of their own.
  ALTER TABLE call_records ADD COLUMN numbers_cut INTEGER NOT NULL DEFAULT 0 CHECK (numbers_cut IN (0, 1));
  CREATE INDEX call_records_to_cut ON call_records (started_at) WHERE numbers_cut = 0;

  -- Accounts that are being erased, until nothing is left and no call that was up then can be: what stays of them is under "label", or
  -- goes too.
  CREATE TABLE erasures (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    TEXT    NOT NULL UNIQUE,
    label         TEXT    NOT NULL,
    erase_records INTEGER NOT NULL CHECK (erase_records IN (0, 1)),
    begun_at      INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT,
    detail  TEXT
  ) STRICT;
  CREATE INDEX audit_by_time ON audit (at);
  CREATE INDEX audit_by_subject ON audit (subject) WHERE subject IS NOT NULL;
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
  const { version, application, hasTables } = markOf(database);
  if (application !== APPLICATION_ID && (version !== 0 || application !== 0 || hasTables)) {
    throw new UnknownSchema(`${file} is the database of another program: choose another data directory`);
  }
  if (version > SCHEMA_VERSION) {
    throw new UnknownSchema(
      `${file} has schema ${version} of a newer Partyline, this one knows up to ${SCHEMA_VERSION}: use the newer Partyline or restore a backup`,
    );
  }
}

/** What says whose file it is, all of it as of one moment: another process may be making the database just now. */
function markOf(database: Database): {
  readonly version: number;
  readonly application: number;
  readonly hasTables: boolean;
} {
  return database.transaction(() => ({
    version: versionOf(database),
    application: Number(database.pragma('application_id', { simple: true })),
    hasTables: database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1").get() !== undefined,
  }))();
}

/**
 * Takes the steps that are missing, each wholly or not at all, also when two processes start at once.
 * @param version up to this one
 */
export function migrate(database: Database, version = SCHEMA_VERSION): void {
  for (const [index, sql] of MIGRATIONS.slice(0, version).entries()) {
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

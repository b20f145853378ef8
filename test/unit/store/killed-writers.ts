import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { openStore, type OpenStore } from '../../../src/app/compose-store.js';
import { parseConfig } from '../../../src/app/config.js';
import { accountId, bookingId } from '../../../src/domain/identifiers.js';
import { seeded } from '../../seeded.js';

const SCRIPT = fileURLToPath(new URL('dying-writer.ts', import.meta.url));
/** Of every booking that is written. */
export const OCCURRENCES = 12;
export const INVITEES = 2;
/** Longest time from the first write to the death, milliseconds. */
const LONGEST_LIFE_MS = 400;
const NEVER_BEGAN_MS = 60_000;
const AT_ONCE = 2;

/** What a writer was told that it is kept, and what it was at when it was killed. */
export type Acknowledged =
  | { readonly did: 'account' | 'rotation'; readonly id: string; readonly pins: readonly string[] }
  | { readonly did: 'booking' | 'call'; readonly id: string; readonly of: string }
  | { readonly did: 'erasure'; readonly id: string }
  | { readonly did: 'begin'; readonly what: 'rotation' | 'erasure'; readonly id: string };

/** What is the matter with a database whose writers were killed; and how much was written. */
export interface Aftermath {
  readonly kills: number;
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

/**
 * Kills writers on one database by SIGKILL at random moments, two at a time, and looks after each two whether anything that was
 * acknowledged is missing and anything is there by half.
 */
export async function killWriters(directory: string, kills: number, seed: number): Promise<Aftermath> {
  const random = seeded(seed);
  const faults: string[] = [];
  let acknowledged = 0;
  let done = 0;
  while (done < kills && faults.length === 0) {
    const lives = Array.from(
      { length: AT_ONCE },
      () => [seed * 10_000 + (done += 1), random() * LONGEST_LIFE_MS] as const,
    );
    const written = await Promise.all(lives.map(([own, life]) => writeAndDie(directory, own, life)));
    acknowledged += written.flat().filter(({ did }) => did !== 'begin').length;
    faults.push(...look(directory, written));
  }
  return { kills: done, acknowledged, faults };
}

function writeAndDie(directory: string, seed: number, life: number): Promise<readonly Acknowledged[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, directory, String(seed)]);
    const written: Acknowledged[] = [];
    let trouble = '';
    let death = setTimeout(() => child.kill('SIGKILL'), NEVER_BEGAN_MS);
    child.stderr.on('data', (data: Buffer) => {
      trouble += data.toString();
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (written.length === 0) {
        clearTimeout(death);
        death = setTimeout(() => child.kill('SIGKILL'), life);
      }
      // the last line may be cut off by the death
      if (line.endsWith('}')) written.push(JSON.parse(line) as Acknowledged);
    });
    child.once('close', (_, signal) => {
      clearTimeout(death);
      if (signal === 'SIGKILL' && written.length > 0) resolve(written);
      else reject(new Error(`a writer ended by itself: ${trouble}`));
    });
  });
}

function look(directory: string, written: readonly (readonly Acknowledged[])[]): readonly string[] {
  const stores = openStore(parseConfig({ dataDir: directory }, {}));
  try {
    return [
      ...stores.store.check(),
      ...written.flatMap((lines) => missing(stores, lines)),
      ...halves(join(directory, 'partyline.db')),
      ...unfinished(stores),
    ];
  } finally {
    stores.store.close();
  }
}

/** What was acknowledged and is not there, or was erased and is. */
function missing({ store, pins }: OpenStore, lines: readonly Acknowledged[]): readonly string[] {
  const faults: string[] = [];
  const erased = new Set(lines.flatMap((line) => (line.did === 'erasure' ? [line.id] : [])));
  // begun and not acknowledged: done or not
  const open = new Set(lines.flatMap((line) => (line.did === 'begin' && line.what === 'erasure' ? [line.id] : [])));
  const last = lines.at(-1);
  const rotating = last?.did === 'begin' && last.what === 'rotation' ? last.id : null;
  const opens = (pin: string): string | null => store.findPin(pins.hash(pin), Date.now())?.account.id ?? null;
  const latest = new Map(lines.flatMap((line) => ('pins' in line ? [[line.id, line.pins] as const] : [])));
  for (const [id, current] of latest) {
    if (erased.has(id)) {
      if (store.account(accountId(id))?.enabled === true || current.some((pin) => opens(pin) === id)) {
        faults.push(`${id} was erased and is there`);
      }
    } else if (!open.has(id)) {
      if (store.account(accountId(id))?.enabled !== true) faults.push(`${id} is lost`);
      else if (id !== rotating && current.some((pin) => opens(pin) !== id)) faults.push(`PINs of ${id} are lost`);
    }
  }
  const calls = new Set(store.callRecords({ limit: 10_000 }).map(({ id }) => String(id)));
  for (const line of lines) {
    if (!('of' in line) || open.has(line.of)) continue;
    const isThere = line.did === 'call' ? calls.has(line.id) : store.booking(bookingId(line.id)) !== null;
    if (!isThere) faults.push(`${line.did} ${line.id} is lost`);
  }
  return faults;
}

const HALVES = `
  SELECT 'account ' || a.id AS half FROM accounts a WHERE a.enabled = 1
    AND (SELECT count(*) FROM pins p WHERE p.account_seq = a.seq AND p.booking_seq IS NULL) <> 2
  UNION ALL
  SELECT 'booking ' || b.id FROM bookings b JOIN accounts a ON a.seq = b.account_seq WHERE a.enabled = 1
    AND ((SELECT count(*) FROM occurrences o WHERE o.booking_seq = b.seq) <> ${OCCURRENCES}
      OR (SELECT count(*) FROM invitees i WHERE i.booking_seq = b.seq) <> ${INVITEES}
      OR (SELECT count(*) FROM pins p WHERE p.booking_seq = b.seq) <> ${OCCURRENCES * (INVITEES + 1)})
  UNION ALL
  SELECT 'audit of ' || a.id FROM accounts a WHERE a.enabled = 1
    AND NOT EXISTS (SELECT 1 FROM audit l WHERE l.subject = a.id AND l.action = 'account-added')`;

/** What is there by half: without all its PINs, occurrences, invitees, or its line in the audit trail. */
function halves(file: string): readonly string[] {
  const database = new SqliteDatabase(file, { readonly: true });
  try {
    return database
      .prepare<[], { half: string }>(HALVES)
      .all()
      .map(({ half }) => `by half: ${half}`);
  } finally {
    database.close();
  }
}

/** Erasures that began are finished by whoever comes after. */
function unfinished({ store }: OpenStore): readonly string[] {
  for (let step = 0; step < 10_000; step += 1) {
    const state = store.eraseSome(1_000);
    if (state === 'done') return [];
    if (state === 'live') return ['an erasure waits for nothing'];
  }
  return ['an erasure never ends'];
}

import { inviteeId, type AccountId } from '../../domain/identifiers.js';
import { RecordingUnreadable } from '../../ports/recordings.js';
import type { RecordingArchive } from '../../ports/recordings.js';
import type { BookingStore } from '../../ports/store-bookings.js';
import type { HeldRows, PrivacyStore } from '../../ports/store-privacy.js';
import { VERSION } from '../version.js';
import { tar } from './tar.js';
import type { Member } from './tar.js';

type HeldStore = Pick<PrivacyStore, 'heldOn'> & Pick<BookingStore, 'spokenName'>;
type Row = HeldRows['rows'][number];

/** Columns that are JSON already. */
const JSON_COLUMNS = new Set(['options', 'story']);
/** Columns that are a time, milliseconds since the epoch. */
const TIME = /(?:^|_)(?:at|until)$/;
/** What is read of a recording before its size is known: RIFF, the size of the rest, WAVE. */
const RIFF_HEADER = 8;
const LOOK = 5_000;

/** Everything that is held on an account, as an archive of JSON files and recordings; piece by piece, whatever its size. */
export const exportAccount = (
  store: HeldStore,
  archive: Pick<RecordingArchive, 'open'>,
  id: AccountId,
  now: number,
): AsyncIterable<Uint8Array> => tar(membersOf(store, archive, id, now), now);

type NumberStore = Pick<PrivacyStore, 'callsOfNumber' | 'heldOnNumber'> & Pick<BookingStore, 'spokenName'>;

/** Everything that is held on a number, the same way. @param digits only digits */
export const exportNumber = (store: NumberStore, digits: string, now: number): AsyncIterable<Uint8Array> =>
  tar(membersOfNumber(store, digits, now), now);

async function* membersOf(
  store: HeldStore,
  archive: Pick<RecordingArchive, 'open'>,
  id: AccountId,
  now: number,
): AsyncGenerator<Member> {
  yield about({ account: id }, now);
  const recordings: string[] = [];
  const noted = function* (): Generator<HeldRows> {
    for (const held of store.heldOn(id)) {
      if (held.kind === 'recordings') recordings.push(...held.rows.map((row) => String(row['id'])));
      yield held;
    }
  };
  for (const member of pagesOf(store, noted())) {
    yield member;
    for (const recording of recordings.splice(0)) yield await recordingMember(archive, recording);
  }
}

/** With how the names of invitees are said. */
function* pagesOf(store: Pick<BookingStore, 'spokenName'>, pages: Iterable<HeldRows>): Generator<Member> {
  let [kind, page] = ['', 0];
  for (const held of pages) {
    page = held.kind === kind ? page + 1 : 1;
    kind = held.kind;
    yield jsonMember(pagePath(kind, page), held.rows.map(readable));
    if (kind === 'invitees') yield* spokenNames(store, held.rows);
  }
}

function* spokenNames(store: Pick<BookingStore, 'spokenName'>, invitees: readonly Row[]): Generator<Member> {
  for (const { id } of invitees) {
    const sound = store.spokenName(inviteeId(String(id)));
    if (sound !== null) yield { path: `invitees/${String(id)}.wav`, size: sound.length, content: [sound] };
  }
}

async function* membersOfNumber(store: NumberStore, digits: string, now: number): AsyncGenerator<Member> {
  yield about({ number: digits }, now);
  yield* pagesOf(store, store.heldOnNumber(digits));
  let page = 0;
  let after: number | null = 0;
  while (after !== null) {
    const found: ReturnType<PrivacyStore['callsOfNumber']> = store.callsOfNumber(digits, after, LOOK);
    after = found.next;
    if (found.callRecords.length === 0) continue;
    page += 1;
    yield jsonMember(pagePath('call-records', page), found.callRecords.map(readable));
    // others have their turn
    await new Promise(setImmediate);
  }
}

const about = (of: object, now: number): Member =>
  jsonMember('export.json', { format: 'partyline-export', version: 1, program: VERSION, ...of, at: isoTime(now) });

const pagePath = (kind: string, page: number): string => `${kind}-${String(page).padStart(5, '0')}.json`;

function jsonMember(path: string, value: unknown): Member {
  const bytes = Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
  return { path, size: bytes.length, content: [bytes] };
}

/** A WAV file says its size in its first bytes; of a recording that cannot be read there is the reason instead. */
async function recordingMember(archive: Pick<RecordingArchive, 'open'>, id: string): Promise<Member> {
  const pieces = archive.open(id)[Symbol.asyncIterator]();
  try {
    const first = await pieces.next();
    if (first.done === true || first.value.length < RIFF_HEADER)
      throw new RecordingUnreadable(`recording ${id} is empty`);
    const head = Buffer.from(first.value.buffer, first.value.byteOffset, RIFF_HEADER);
    return {
      path: `recordings/${id}.wav`,
      size: RIFF_HEADER + head.readUInt32LE(4),
      content: joined(first.value, pieces),
    };
  } catch (error) {
    if (!(error instanceof RecordingUnreadable)) throw error;
    const reason = Buffer.from(`${error.message}\n`);
    return { path: `recordings/${id}.txt`, size: reason.length, content: [reason] };
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** A row in the words of JSON: names in camel case, times as RFC 3339. */
function readable(row: Row): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      readableValue(column, value),
    ]),
  );
}

function readableValue(column: string, value: string | number | null): unknown {
  if (typeof value === 'number' && TIME.test(column)) return isoTime(value);
  if (typeof value !== 'string' || !JSON_COLUMNS.has(column)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const isoTime = (at: number): string => new Date(at).toISOString();

import type { Clock } from '../ports/clock.js';
import { EndpointGone, type Media } from '../ports/media.js';
import type { Signaling, TakenBack } from '../ports/signaling.js';
import type { Recordings, SpokenNames } from '../ports/recordings.js';
import type { LiveChange, Store } from '../ports/store.js';
import { asError, TookTooLong, within } from './bounded.js';
import type { CallMemory } from './call-memory.js';
import type { CallRunner } from './call-runner.js';
import type { Calls } from './calls.js';
import type { Conferences } from './conferences.js';
import type { LiveKeeper } from './live-keeper.js';
import type { Log } from './log.js';
import { readCall, readConference, type CallSnapshot, type ConferenceSnapshot } from './snapshots.js';

/** Longest wait for the signalling, milliseconds: it answers at once, but without its answer every call is lost, so a machine short of processors is waited for. */
const TAKE_BACK_LIMIT_MS = 15_000;
/** Longest waits for each endpoint, which is replaced then, and for the sweep, milliseconds. */
const ADOPT_LIMIT_MS = 2_000;
const SWEEP_LIMIT_MS = 1_000;
/** Longest wait for what was recorded and not sealed, milliseconds; it goes on meanwhile. */
const SEAL_LIMIT_MS = 2_000;

export interface TakeOverParts {
  readonly signaling: Signaling;
  readonly media: Media;
  readonly store: Store;
  readonly names: SpokenNames;
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: LiveKeeper;
  readonly calls: Calls;
  readonly conferences: Conferences;
}

/** A stored call that was answered. */
type Answered = CallSnapshot & { readonly memory: CallMemory };

/**
 * Goes on with the calls and conferences of a process before this one: everything that still is stored, as far as signalling
 * and mixers still have it. Never rejects; whatever cannot be taken back is recorded and let go.
 * @returns how many calls go on.
 */
export async function takeOver(parts: TakeOverParts): Promise<number> {
  const { conferences, calls, keeper } = parts;
  for (const snapshot of stored(parts, 'conference', readConference)) restoreConference(parts, snapshot);
  const snapshots = stored(parts, 'call', readCall);
  const isAnswered = (snapshot: CallSnapshot): snapshot is Answered => snapshot.memory !== null;
  const answered = snapshots.filter(isAnswered);
  interrupt(
    parts,
    snapshots.filter((snapshot) => !isAnswered(snapshot)),
  );
  const taken = await takeBack(parts, answered);

  const back: { readonly runner: CallRunner; readonly snapshot: Answered; readonly remoteSdp: string | null }[] = [];
  const ended: (() => void)[] = [];
  answered.forEach((snapshot, index) => {
    const { id } = snapshot.identity;
    const told = taken[index];
    try {
      if (told === undefined) throw new Error('the signalling does not know it');
      const { kind } = snapshot.memory.state;
      if (kind === 'Ringing' && told.kind === 'ended' && told.at === null) {
        interrupt(parts, [snapshot]);
        return;
      }
      const remoteSdp = told.kind === 'live' ? told.remoteSdp : null;
      const runner = calls.takeBack(told.call, remoteSdp, snapshot);
      if (kind === 'Ringing') runner.dispatch({ type: 'CallAnswered' });
      if (told.kind === 'ended') ended.push(() => runner.endedBefore(told.at, told.lineLost));
      else if (kind !== 'Ended') back.push({ runner, snapshot, remoteSdp });
    } catch (error) {
      parts.log.error({ call: id, error: asError(error).message }, 'call could not be taken back');
      if (told !== undefined) void told.call.hangUp();
      calls.lose(snapshot);
      keeper.changed('call', id, () => null);
    }
  });
  conferences.resume((id) => calls.get(id) !== undefined);
  for (const { runner, snapshot } of back) {
    const conference = snapshot.memory.admission?.conferenceId;
    // Whoever is past the conference (hearing a farewell) does not need it.
    if (conference !== undefined && snapshot.memory.state.facts.knownToConference && !conferences.has(conference)) {
      runner.dispatch({ type: 'Dismissed', outcome: 'failed', farewell: [] });
    }
  }
  for (const end of ended) end();
  endLost(parts);
  const named = sweepNames(
    parts,
    back.map(({ snapshot }) => snapshot),
  );
  await Promise.all(back.map(({ runner, snapshot, remoteSdp }) => adopt(parts, runner, snapshot, remoteSdp)));
  keeper.flush();
  await named;
  await sweep(parts);
  return back.length;
}

/** Records of conferences that ended with a process before this one. */
function endLost({ store, log, conferences }: TakeOverParts): void {
  try {
    const lost = store.endLostConferences(conferences.ids());
    if (lost > 0) log.info({ conferences: lost }, 'conferences ended when the bridge did before');
  } catch (error) {
    log.error({ error: asError(error).message }, 'records of conferences before could not be ended');
  }
}

/** Calls that were not answered: those that came in may be told again as new. */
function interrupt({ calls, keeper }: TakeOverParts, snapshots: readonly CallSnapshot[]): void {
  calls.records.interrupted(snapshots);
  for (const { identity } of snapshots) keeper.changed('call', identity.id, () => null);
}

function stored<T>(
  { store, log, keeper }: TakeOverParts,
  kind: LiveChange['kind'],
  read: (id: string, data: string) => T,
): readonly T[] {
  let found: ReturnType<Store['live']>;
  try {
    found = store.live(kind);
  } catch (error) {
    log.error({ error: asError(error).message }, 'what was stored of live calls cannot be read');
    return [];
  }
  return found.flatMap(({ id, data }) => {
    keeper.found(kind, id, data);
    try {
      return [read(id, data)];
    } catch (error) {
      log.error({ kind, id, error: asError(error).message }, 'a stored call or conference cannot be taken back');
      keeper.changed(kind, id, () => null);
      return [];
    }
  });
}

function restoreConference({ conferences, log, keeper }: TakeOverParts, snapshot: ConferenceSnapshot): void {
  try {
    conferences.restore(snapshot);
  } catch (error) {
    const { id } = snapshot.memory;
    log.error({ conference: id, error: asError(error).message }, 'conference cannot be taken back');
    keeper.changed('conference', id, () => null);
  }
}

async function takeBack(
  { signaling, clock, log }: TakeOverParts,
  snapshots: readonly Answered[],
): Promise<readonly TakenBack[]> {
  const asked = snapshots.map(({ identity, handle }) => ({ id: identity.id, handle }));
  const asking = signaling.takeBack(asked);
  try {
    return await within(clock, TAKE_BACK_LIMIT_MS, 'taking calls back', asking);
  } catch (error) {
    // Calls that come after nobody waits for them any more are recorded as lost: nobody is to stay in them.
    if (error instanceof TookTooLong)
      asking.then((late) => late.map(({ call }) => call.hangUp())).catch(() => undefined);
    log.error({ error: asError(error).message }, 'the signalling does not give calls back');
    return [];
  }
}

/** Its endpoint as it is, or another one. Never rejects. */
async function adopt(
  { media, clock, log, calls }: TakeOverParts,
  runner: CallRunner,
  { endpoint, memory }: Answered,
  remoteSdp: string | null,
): Promise<void> {
  const { id } = runner.call;
  const isOver = (): boolean => calls.get(id) === undefined;
  if (isOver()) return;
  if (endpoint === null) {
    runner.takeBack(null);
    return;
  }
  const adopting = media.adopt(id, endpoint, { room: memory.media.room?.id ?? null, remoteSdp });
  try {
    const adopted = await within(clock, ADOPT_LIMIT_MS, 'taking an endpoint back', adopting);
    runner.takeBack(adopted);
  } catch (error) {
    if (error instanceof TookTooLong) adopting.then((late) => late.close()).catch(() => undefined);
    const reason = asError(error).message;
    if (!(error instanceof EndpointGone)) log.warn({ call: id, error: reason }, 'endpoint could not be taken back');
    if (!isOver()) runner.takeBack(null);
  }
}

/** Names of conferences that are over; those of a caller who has not come to his conference yet are kept. */
async function sweepNames({ clock, conferences, names, log }: TakeOverParts, back: readonly Answered[]): Promise<void> {
  const comingTo = back.flatMap(({ memory }) => memory.name?.conference ?? []);
  try {
    await within(clock, SWEEP_LIMIT_MS, 'the sweep', names.sweep([...conferences.ids(), ...comingTo]));
  } catch (error) {
    log.warn({ error: asError(error).message }, 'spoken names left behind may still be there');
  }
}

async function sweep({ media, clock, log, conferences, recordings }: TakeOverParts): Promise<void> {
  try {
    await within(clock, SEAL_LIMIT_MS, 'sealing recordings', recordings.sweep(conferences.openRecordings()));
  } catch (error) {
    log.warn({ error: asError(error).message }, 'recordings left behind are not sealed yet');
  }
  try {
    await within(clock, SWEEP_LIMIT_MS, 'the sweep', media.sweep());
  } catch (error) {
    log.warn({ error: asError(error).message }, 'endpoints left behind may still be at the mixers');
  }
}

import { named, type Attempt } from './attempt.js';
import type { CallSnapshot } from './snapshots.js';

/** What is stored of a call attempt as it is now; `null`: it has ended. */
export function snapshotOf(attempt: Attempt, conferenceRecordId: number | null): CallSnapshot | null {
  const { call, label, runner, answering, placedFor } = attempt;
  const { handle } = call;
  if (attempt.ended) return null;
  const memory = handle === null ? null : (runner?.memory() ?? answering?.memory ?? null);
  return {
    identity: named(attempt),
    handle: handle ?? '',
    label,
    memory,
    endpoint: (runner === null ? answering?.endpoint.handle : runner.endpointHandle) ?? null,
    conferenceRecordId,
    placedFor: memory === null ? placedFor : null,
  };
}

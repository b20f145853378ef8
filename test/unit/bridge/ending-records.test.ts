import { describe, expect, it } from 'vitest';
import type { HostReportOf } from '../../../src/bridge/bridge-parts.js';
import { accountId, conferenceId } from '../../../src/domain/identifiers.js';
import { HOST_PIN, settle, World } from './world.js';

let queued = 0;
const hostReport: HostReportOf = ({ accountId: account, bookingId, recordId }) => {
  queued += 1;
  return {
    ...{ id: `d${queued}`, kind: 'host-report', channel: 'mail', accountId: account, bookingId, occurrenceAt: null },
    ...{ inviteeId: null, conferenceRecordId: recordId, address: 'ada@example.org', nextAt: 1, attempts: 0 },
    ...{ failedAt: null, error: null },
  };
};

async function opened(report: HostReportOf = hostReport): Promise<World> {
  const world = new World(100, {}, { hostReport: report }).keep('m1');
  await world.bridge.start();
  return world;
}

const deliveries = (world: World) => world.store.deliveries({ limit: 9 });

describe("the host's report", () => {
  it('is queued once when the conference is over, not before', async () => {
    const world = await opened();
    const host = await world.inConference(HOST_PIN);
    expect(deliveries(world)).toEqual([]);
    await world.hangUp(host);
    const [ended] = world.store.conferencePage({}, { limit: 1, after: null }).rows;
    expect(ended?.outcome).toBe('emptied');
    expect(deliveries(world)).toMatchObject([{ kind: 'host-report', conferenceRecordId: ended?.id, accountId: 'a1' }]);
  });

  it('is neither lost nor doubled where the process dies over the end', async () => {
    const world = await opened();
    const host = await world.inConference(HOST_PIN);
    const before = world.store.live('conference');
    await world.hangUp(host);
    world.crash();
    // As it is where what the process stored last did not reach the store.
    world.store.saveLive(before.map((one) => ({ kind: 'conference', ...one })));
    await world.restart();
    expect(world.bridge.status().conferences).toBe(0);
    expect(deliveries(world)).toHaveLength(1);
    expect(world.store.conferenceRecords({ limit: 9 })).toMatchObject([{ outcome: 'emptied' }]);
  });

  it('comes from the process that ends the conference, after a take-over', async () => {
    const world = await opened();
    const host = await world.inConference(HOST_PIN);
    await world.restart();
    expect(deliveries(world)).toEqual([]);
    await world.hangUp(host);
    expect(deliveries(world)).toHaveLength(1);
  });

  it('that cannot be queued costs no record', async () => {
    const world = await opened(() => {
      throw new Error('no such account');
    });
    await world.hangUp(await world.inConference(HOST_PIN));
    expect(world.store.conferenceRecords({ limit: 9 })).toMatchObject([{ outcome: 'emptied' }]);
    expect(world.lines.join('\n')).toContain('report could not be queued');
  });
});

describe('conferences that a bridge left behind', () => {
  it('are ended at the next start, but for those that go on', async () => {
    const world = await opened();
    const lost = { conferenceId: conferenceId('conference-a9'), accountId: accountId('a9'), bookingId: null };
    world.store.startConferenceRecord({
      ...lost,
      ...{ startedAt: 5, endedAt: null, peak: 0, lockedOut: 0, blocked: 0, outcome: null },
    });
    await world.inConference(HOST_PIN);
    await world.restart();
    await settle();
    expect(world.store.conferenceRecords({ limit: 9 }).map(({ outcome }) => outcome)).toEqual([null, 'failed']);
  });
});

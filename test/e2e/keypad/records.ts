import { expect } from 'vitest';
import type { Play } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';
import { TONES_HZ, untilHears } from '../kit/tones.js';
import { lock, turnedAway } from './gate.js';

const [HOST_HZ, GUEST_HZ] = TONES_HZ;
const TALK_MS = 3_000;
/** From "in" by the record to being heard, and from the BYE to the end by the record. */
const SLACK_SECONDS = 12;

/** What the records say of a conference that ran its course (product: sections 1, 2 and 6). */
export function recordScenes(scene: Play): void {
  scene(
    'records tell who was in, as what, how long and how each keyed, numbers masked; and of the conference its peak and whom it locked out',
    async (stage) => {
      const account = await stage.addAccount();
      const host = await stage.call(account.hostPin, { hz: HOST_HZ, from: '442079460021' });
      const guest = await stage.call(account.guestPin, { hz: GUEST_HZ, from: '442079460022', method: 'info' });
      await Promise.all([untilHears(host, [GUEST_HZ]), untilHears(guest, [HOST_HZ])]);
      for (const caller of [host, guest]) caller.say(null);
      await lock(host);
      const late = await stage.call(account.guestPin, { from: '442079460023' });
      await turnedAway(stage, late, [spoken('conference-locked'), spoken('goodbye')], 'locked');
      await guest.listen(TALK_MS);
      const inSeconds = guest.mark() / 8_000;
      await guest.hangUp();
      await host.hangUp();

      const [ofHost, ofGuest, ofLate] = await Promise.all([host, guest, late].map((caller) => stage.record(caller)));
      expect(ofHost).toMatchObject({ role: 'host', outcome: 'completed', keyMethod: 'event', direction: 'in' });
      expect(ofGuest).toMatchObject({
        role: 'guest',
        outcome: 'completed',
        keyMethod: 'info',
        accountName: account.name,
      });
      expect([ofHost, ofGuest, ofLate].map((call) => call?.caller)).toEqual(['***021', '***022', '***023']);
      expect(ofGuest?.talkSeconds).toBeGreaterThan(TALK_MS / 1_000);
      expect(ofGuest?.talkSeconds).toBeLessThan(inSeconds);
      expect(inSeconds - (ofGuest?.talkSeconds ?? 0)).toBeLessThan(SLACK_SECONDS);
      expect(ofLate).toMatchObject({ role: 'guest', accountName: account.name, joinedAt: null });

      const conference = await stage.conference(account);
      expect(conference).toMatchObject({ peak: 2, lockedOut: 1, outcome: 'emptied', accountId: account.id });
      expect(conference.endedAt).toBeGreaterThanOrEqual(Date.parse(ofHost?.endedAt ?? '') - 1_000);
      expect(ofHost?.conferenceRecordId).not.toBeNull();
      expect(ofGuest?.conferenceRecordId).toBe(ofHost?.conferenceRecordId);
    },
  );
}

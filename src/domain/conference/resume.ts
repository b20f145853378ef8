import type { ConferenceState } from './state.js';

/** Identities that may have been given out after the state was stored: none of them is given out again. */
const SPARE_IDENTITIES = 1_000;

/** The state from which another process goes on, its timers as they were. */
export const resumeConference = ({ facts, ...stage }: ConferenceState): ConferenceState => ({
  ...stage,
  facts: {
    ...facts,
    // Who comes next need not wait for the end of one that is reported to nobody.
    announcements: { ...facts.announcements, sounding: null },
    plays: facts.plays + SPARE_IDENTITIES,
    menusOpened: facts.menusOpened + SPARE_IDENTITIES,
    placedEver: facts.placedEver + SPARE_IDENTITIES,
    timers: { ...facts.timers, set: facts.timers.set + SPARE_IDENTITIES },
  },
});

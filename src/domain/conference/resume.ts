import type { ConferenceState } from './state.js';

/** Identities that may have been given out after the state was stored: none of them is given out again. */
const SPARE_IDENTITIES = 1_000;

/** The state from which another process goes on, its timers as they were. */
export const resumeConference = ({ facts, ...stage }: ConferenceState): ConferenceState => ({
  ...stage,
  facts: {
    ...facts,
    plays: facts.plays + SPARE_IDENTITIES,
    menusOpened: facts.menusOpened + SPARE_IDENTITIES,
    placedEver: facts.placedEver + SPARE_IDENTITIES,
    timers: { ...facts.timers, set: facts.timers.set + SPARE_IDENTITIES },
  },
});

/** What is known of a mixer when a leg or a room is placed. */
export interface Load {
  /** Sessions of others, as of the mixer's last heartbeat. */
  readonly foreign: number;
  /** Legs of ours, those being made included. */
  readonly legs: number;
  /** Of these, in each room that was placed there. */
  readonly rooms: readonly number[];
  /** Sessions it takes at most, or `null` when it does not say. */
  readonly limit: number | null;
}

/** Assumed where a mixer does not say. */
const USUAL_LIMIT = 1_000;
/** A room just placed is expected to grow to so many. */
const USUAL_ROOM = 6;

/** A room is placed where its first caller sits if that mixer is at most so much fuller than the emptiest: a re-offer is not free. */
export const NEAR_ENOUGH = 0.05;

/** How full a mixer is, from 0 to 1, for placing a leg. */
export function fullness({ foreign, legs, limit }: Load): number {
  return (foreign + legs) / (limit ?? USUAL_LIMIT);
}

/** The same for placing a room: callers who wait sit anywhere and move to their room, so that rooms count by what they will hold. */
export function roomFullness({ foreign, rooms, limit }: Load): number {
  const expected = rooms.reduce((sum, members) => sum + Math.max(members, USUAL_ROOM), 0);
  return (foreign + expected) / (limit ?? USUAL_LIMIT);
}

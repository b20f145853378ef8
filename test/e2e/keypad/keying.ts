import { expect } from 'vitest';
import { levelDbfs } from '../../sound.js';
import { steadyToneDbfs, type Caller } from '../kit/caller.js';
import type { Heard } from '../kit/ear.js';
import { spoken, type Sound } from '../kit/sounds.js';

const MEASURE_MS = 1_000;
/** Louder than this is something that can be heard. */
const QUIET_DBFS = -50;
const PIECE_SAMPLES = 800;

/** Keys, and hears the answer whole. @returns where its last part was */
export function answered(caller: Caller, keys: string, ...answer: readonly Sound[]): Promise<Heard> {
  const since = caller.mark();
  return caller.press(keys).then(() => caller.hearsInOrder(answer, since));
}

/** All of them hear all of it, from now on, as this is done. */
export async function allHear(
  callers: readonly Caller[],
  sounds: readonly Sound[],
  doing: () => Promise<unknown>,
): Promise<void> {
  const marks = callers.map((caller) => caller.mark());
  await doing();
  await Promise.all(callers.map((caller, index) => caller.hearsInOrder(sounds, marks[index])));
}

export const allQuiet = (...callers: readonly Caller[]): Promise<unknown> =>
  Promise.all(callers.map((caller) => caller.untilQuiet()));

/** None of this was for this caller. */
export function expectUnheard(caller: Caller, since: number, ...sounds: readonly Sound[]): void {
  const heard = sounds.filter((sound) => caller.hasHeard(sound, since)).map(({ name }) => name);
  expect(heard, 'heard, and not for this caller').toEqual([]);
}

/** Nothing at all was heard since a mark: not even 100 ms. */
export function expectSilence(caller: Caller, since: number): void {
  const samples = caller.heard(since);
  let loudest = -Infinity;
  for (let at = 0; at + PIECE_SAMPLES <= samples.length; at += PIECE_SAMPLES / 2)
    loudest = Math.max(loudest, levelDbfs(samples.subarray(at, at + PIECE_SAMPLES)));
  expect(loudest, 'the loudest 100 ms, dBFS').toBeLessThan(QUIET_DBFS);
}

/** Level of a tone over a second from now, dBFS. */
export async function levelOf(caller: Caller, hz: number): Promise<number> {
  return steadyToneDbfs(await caller.listen(MEASURE_MS), hz);
}

/** Has been introduced, is in, and hears nothing. */
export async function settled(...callers: readonly Caller[]): Promise<void> {
  await Promise.all(
    callers.map(async (caller) => {
      await caller.hears(spoken('joining'));
      await caller.untilQuiet(1_200);
    }),
  );
}

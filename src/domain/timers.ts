import { timerId, type TimerId } from './identifiers.js';

/** The longest a clock can be asked for (`Clock.after`): some 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Which of a machine's timers run, by name, and how many were ever set: every setting has an identity of its own. */
export interface RunningTimers {
  readonly set: number;
  readonly running: Readonly<Record<string, TimerId>>;
}

export const NO_TIMERS: RunningTimers = { set: 0, running: {} };

/** Sets a timer, in place of the one of this name that may run. */
export function startTimer(timers: RunningTimers, name: string): { timers: RunningTimers; timerId: TimerId } {
  const set = timers.set + 1;
  const id = timerId(`${name}#${set}`);
  return { timers: { set, running: { ...timers.running, [name]: id } }, timerId: id };
}

export const isRunning = (timers: RunningTimers, name: string): boolean => timers.running[name] !== undefined;

export function stopTimer(timers: RunningTimers, name: string): RunningTimers {
  const running = Object.fromEntries(Object.entries(timers.running).filter(([other]) => other !== name));
  return { ...timers, running };
}

/** The name of the running timer with this identity, or `null` for a late one: set again or cancelled since. */
export function timerNamed(timers: RunningTimers, id: TimerId): string | null {
  const found = Object.entries(timers.running).find(([, current]) => current === id);
  return found === undefined ? null : found[0];
}

/** Seconds from an account's options as milliseconds a clock can be asked for. */
export const secondsToMs = (seconds: number): number => boundedMs(seconds * 1000);

export const boundedMs = (ms: number): number => Math.min(Math.max(Math.round(ms), 0), LONGEST_TIMER_MS);

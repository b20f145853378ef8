import type { CallId } from '../../domain/identifiers.js';
import { within } from './channel.js';
import type { FreeSwitchLeg } from './leg.js';

/** How a line in a room sounded lately. */
export interface LineFigure {
  readonly callId: CallId;
  readonly levelDb: number;
  readonly activeShare: number;
}

/** Listened to for so long, milliseconds: */
const MEASURE_MS = 3_000;
/** as often as the number of lines allows. */
const COMMANDS = 1_500;
const LEAST_SAMPLES = 10;
const MOST_SAMPLES = 30;
const MEASURED_MS = 3_900;

/** Those of which the mixer tells nothing are left out; resolves within 4 s. */
export async function measureLegs(legs: readonly FreeSwitchLeg[]): Promise<readonly LineFigure[]> {
  const samples = Math.round(Math.min(Math.max(COMMANDS / legs.length, LEAST_SAMPLES), MOST_SAMPLES));
  const figures = await Promise.all(
    legs.map(async ({ callId, sound }) => {
      const figure = await within(sound.measure(samples, MEASURE_MS / samples), MEASURED_MS, null);
      return figure === null ? [] : [{ callId, ...figure }];
    }),
  );
  return figures.flat();
}

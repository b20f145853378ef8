import { Presets, SingleBar } from 'cli-progress';

/** How far long work is, for whoever watches. */
export interface Progress {
  /** @param share of the work that is done, 0 to 1 */
  at(share: number): void;
  end(): void;
}

/** Work that is over sooner shows nothing, milliseconds. */
const QUIET_MS = 1_000;
const STEPS = 1_000;

const NONE: Progress = { at: () => undefined, end: () => undefined };

/**
 * A bar on stderr, once the work takes long.
 * @param terminal that stderr is; `null`: it is none, and nothing is shown
 */
export function progressBar(terminal: NodeJS.WriteStream | null, now: () => number = Date.now): Progress {
  if (terminal === null) return NONE;
  const began = now();
  let bar: SingleBar | null = null;
  return {
    at(share) {
      if (bar === null && now() - began < QUIET_MS) return;
      if (bar === null) {
        const format = '{bar} {percentage}% {duration_formatted}';
        bar = new SingleBar(
          { format, stream: terminal, clearOnComplete: true, hideCursor: true },
          Presets.shades_classic,
        );
        bar.start(STEPS, 0);
      }
      bar.update(Math.min(STEPS, Math.round(share * STEPS)));
    },
    end() {
      bar?.stop();
    },
  };
}

import type { MeasuredLine } from '../domain/conference/contract.js';
import type { CallId, ConferenceId } from '../domain/identifiers.js';
import type { Clock } from '../ports/clock.js';
import type { Media } from '../ports/media.js';
import { within } from './bounded.js';

/** Longest wait for a measurement of the room, milliseconds: just beyond what the media may take. */
const MEASURE_LIMIT_MS = 5_000;

export interface MeasurementParts {
  readonly room: ConferenceId;
  readonly clock: Clock;
  readonly media: Pick<Media, 'measureRoom'>;
  readonly trouble: (error: unknown) => void;
  readonly measured: (callId: CallId, lines: readonly MeasuredLine[]) => void;
}

/** How loud the lines of a room are, for hosts who ask. Each who asks is answered once: what cannot be measured is an empty room. */
export class RoomMeasurements {
  readonly #parts: MeasurementParts;
  #asking: readonly CallId[];

  /** @param asking those who asked a process before this one */
  constructor(asking: readonly CallId[], parts: MeasurementParts) {
    this.#asking = asking;
    this.#parts = parts;
  }

  /** Those who have no answer yet. */
  get asking(): readonly CallId[] {
    return this.#asking;
  }

  /** What was being measured is lost with the process that did. */
  resume(): void {
    for (const callId of this.#asking) this.#answer(callId, []);
  }

  /** Never rejects. */
  async measure(callId: CallId): Promise<void> {
    const { room, clock, media, trouble } = this.#parts;
    this.#asking = [...this.#asking, callId];
    let lines: readonly MeasuredLine[] = [];
    try {
      lines = await within(clock, MEASURE_LIMIT_MS, 'measuring the room', media.measureRoom(room));
    } catch (error) {
      trouble(error);
    }
    this.#answer(callId, lines);
  }

  #answer(callId: CallId, lines: readonly MeasuredLine[]): void {
    const index = this.#asking.indexOf(callId);
    if (index >= 0) this.#asking = this.#asking.toSpliced(index, 1);
    this.#parts.measured(callId, lines);
  }
}

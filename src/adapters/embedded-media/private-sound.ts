import type { PlayOutcome } from '../../ports/media.js';
import { FRAME_SAMPLES } from './frame.js';
import { Player } from './player.js';
import type { PlayOrder } from './protocol.js';

/** The room under a private sound: a quarter, 12 dB down. */
const DUCKED = 0.25;
const SILENT_FRAME = new Int16Array(FRAME_SAMPLES);

/** What is played to one caller alone: over what he hears of a room, or instead of silence. */
export class PrivateSound {
  private readonly finished: (playId: string, outcome: PlayOutcome) => void;
  private player: Player | null = null;
  private playId = '';
  private stopping: PlayOutcome | null = null;
  private readonly played = new Int16Array(FRAME_SAMPLES);
  private readonly mixed = new Int16Array(FRAME_SAMPLES);
  private gain = 1;

  constructor(finished: (playId: string, outcome: PlayOutcome) => void) {
    this.finished = finished;
  }

  get playing(): boolean {
    return this.player !== null;
  }

  /** What played is dropped without a word. */
  play({ playId, sounds }: PlayOrder): void {
    this.player = new Player(
      sounds.map(({ samples }) => samples),
      sounds.at(-1)?.loop ?? false,
    );
    this.playId = playId;
    this.stopping = null;
  }

  stop(): void {
    if (this.player === null) return;
    this.stopping = 'stopped';
    this.player.stop();
  }

  /** The next frame: over a room the sound is mixed, and the room turned down for it; outside it (`null`) stands alone. */
  over(room: Int16Array | null): Int16Array {
    const before = this.gain;
    const filled = this.player?.pull(this.played) ?? false;
    const finished = this.player?.finished ?? false;
    this.gain = this.player === null || finished ? 1 : DUCKED;
    if (finished) this.finish();
    if (room === null) return filled ? this.played : SILENT_FRAME;
    if (!filled && before === 1 && this.gain === 1) return room;

    const { mixed, played } = this;
    const step = (this.gain - before) / FRAME_SAMPLES;
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      const sum = (room[index] ?? 0) * (before + step * index) + (filled ? (played[index] ?? 0) : 0);
      mixed[index] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    }
    return mixed;
  }

  private finish(): void {
    this.player = null;
    this.finished(this.playId, this.stopping ?? 'completed');
  }
}

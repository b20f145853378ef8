import { it } from 'vitest';
import { conferenceId } from '../../src/domain/identifiers.js';
import type { Media } from '../../src/ports/media.js';
import type { Caller, MediaRun } from './media-kit.js';

export interface MediaUnderTest {
  /** Works on 127.0.0.1; not yet started. */
  readonly media: Media;
  /** What this engine does not do; each is then skipped by name. */
  readonly lacks?: readonly Lack[];
}

type Lack =
  | 'inband'
  | 'gapless'
  | 'lateOffer'
  | 'privateInRoom'
  | 'recordedPauses'
  /** Volumes come in steps of the engine's own, and are not limited softly. */
  | 'exactGains'
  /** Levels of lines are estimated. */
  | 'exactLevels'
  /** What is played to a room can be kept out of its recording. */
  | 'playsApart'
  /** A room's recording has a true header while it goes on. */
  | 'wholeWhileRecording'
  /** Steady noise into a muted line is told from speech. */
  | 'steadyNoise';

export const LOUD_DBFS = -30;
export const QUIET_DBFS = -60;

/** What the parts of the suite have in common. */
export class MediaSuite {
  readonly #lacks: readonly Lack[];
  #run: MediaRun | null = null;

  constructor(lacks: readonly Lack[]) {
    this.#lacks = lacks;
  }

  get run(): MediaRun {
    if (this.#run === null) throw new Error('the media do not run');
    return this.#run;
  }

  set run(run: MediaRun) {
    this.#run = run;
  }

  lacks(lack: Lack): boolean {
    return this.#lacks.includes(lack);
  }

  unless(lack: Lack): typeof it | typeof it.skip {
    return this.lacks(lack) ? it.skip : it;
  }

  /** Callers in one room, each with a tone of his own. */
  async talkers(roomName: string, ...tones: readonly number[]): Promise<readonly Caller[]> {
    const room = conferenceId(roomName);
    const callers: Caller[] = [];
    for (const hz of tones) {
      const caller = await this.run.caller();
      caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
      await caller.endpoint.join(room, { muted: false });
      callers.push(caller);
    }
    return callers;
  }
}

export function at(callers: readonly Caller[], index: number): Caller {
  const caller = callers[index];
  if (caller === undefined) throw new Error(`no caller ${index}`);
  return caller;
}

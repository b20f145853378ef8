import type { ConferenceId } from '../../src/domain/identifiers.js';
import type { SpokenNames } from '../../src/ports/recordings.js';

/** Names without sound: what a test says was spoken. They outlive the process, as files do. */
export class FakeNames implements SpokenNames {
  /** What the next names hold, milliseconds of speech. */
  speechMs = 800;
  /** Set to make names fail. */
  broken = false;
  readonly kept = new Map<string, ConferenceId>();
  /** Recordings that were placed and not kept yet. */
  readonly placed = new Map<string, ConferenceId>();

  place(conference: ConferenceId, name: string): string {
    if (this.broken) throw new Error('no space for a name');
    this.placed.set(name, conference);
    return `/names/${name}.wav`;
  }

  keep(conference: ConferenceId, name: string): Promise<number> {
    if (this.broken) return Promise.reject(new Error('no space for a name'));
    this.placed.delete(name);
    if (this.speechMs > 0) this.kept.set(name, conference);
    return Promise.resolve(this.speechMs);
  }

  lay(conference: ConferenceId, name: string, sound: Uint8Array): void {
    if (this.broken || sound.length === 0) throw new Error('no space for a name');
    this.kept.set(name, conference);
  }

  find(name: string): string | null {
    return this.kept.has(name) ? `/names/${name}.wav` : null;
  }

  forget(conference: ConferenceId, name: string): void {
    for (const names of [this.kept, this.placed]) if (names.get(name) === conference) names.delete(name);
  }

  sweep(conferences: readonly ConferenceId[]): Promise<void> {
    for (const names of [this.kept, this.placed]) {
      for (const [name, of] of names) if (!conferences.includes(of)) names.delete(name);
    }
    return Promise.resolve();
  }

  removeUnfinished(): Promise<void> {
    return Promise.resolve();
  }
}

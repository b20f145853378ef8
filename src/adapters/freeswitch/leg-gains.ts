import type { Channel } from './channel.js';

/** What FreeSWITCH makes of its levels, in dB: factors of 0.2, 0.4, 0.6, 0.8, 1, 1.3, 2.3, 3.3, 4.3. */
const LEVELS: readonly { readonly level: number; readonly db: number }[] = [
  { level: -4, db: -14 },
  { level: -3, db: -8 },
  { level: -2, db: -4.4 },
  { level: -1, db: -1.9 },
  { level: 0, db: 0 },
  { level: 1, db: 2.3 },
  { level: 2, db: 7.2 },
  { level: 3, db: 10.4 },
  { level: 4, db: 12.7 },
];

/**
 * How loud one leg hears and is heard. At the channel, not at the member of a room: so it holds in rooms and outside of them, and under
 * another process too.
 */
export class LegGains {
  readonly #channel: Channel;
  /** One setting after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** @throws Error */
  set({ hearDb, speakDb }: { readonly hearDb: number; readonly speakDb: number }): Promise<void> {
    const done = this.#last.then(async () => {
      const [hear, speak] = [levelFor(hearDb), levelFor(speakDb)];
      // With both at 0 FreeSWITCH does away with what turns the volume, and would lose what is set in that moment.
      if (hear !== 0) await this.#set('write', hear);
      await this.#set('read', speak);
      if (hear === 0) await this.#set('write', hear);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #set(direction: 'read' | 'write', level: number): Promise<void> {
    const reply = await this.#channel.api(`uuid_audio ${this.#channel.uuid} start ${direction} level ${level}`);
    if (!reply.startsWith('+OK')) throw new Error(`the mixer did not set a volume: ${reply}`);
  }
}

/** The level that comes nearest. */
export function levelFor(db: number): number {
  const away = (one: { readonly db: number }): number => Math.abs(one.db - db);
  return LEVELS.reduce((best, one) => (away(one) < away(best) ? one : best), { level: 0, db: 0 }).level;
}

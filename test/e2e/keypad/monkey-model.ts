import type { SpokenPrompt, Tone } from '../../../src/domain/prompts.js';

/** What is heard: sentences and numbers in order, or a tone. */
export type Expected = readonly (SpokenPrompt | number)[] | { readonly tone: Tone };

const MOST_STEPS = 3;
const NEXT_MUTES = { free: 'muted', muted: 'may-not-unmute', 'may-not-unmute': 'free' } as const;
const MUTES_SAID = {
  muted: 'all-guests-muted',
  'may-not-unmute': 'guests-may-not-unmute',
  free: 'all-unmuted',
} as const;
const NEXT_ANNOUNCED = { tone: 'none', none: 'name', name: 'tone' } as const;
const ANNOUNCED_SAID = { tone: 'announce-tones', none: 'announce-silent', name: 'announce-names' } as const;
const VOLUMES = {
  '#4': ['hear', -1, 'hear-quieter'],
  '#6': ['hear', 1, 'hear-louder'],
  '#7': ['speak', -1, 'speak-quieter'],
  '#9': ['speak', 1, 'speak-louder'],
} as const;

export type Role = 'host' | 'guest';
export type VolumeCode = keyof typeof VOLUMES;

export interface Member {
  readonly id: number;
  readonly role: Role;
  muted: boolean;
  hear: number;
  speak: number;
}

/** The conference as a few lines of state: what docs/keypad.md says, and nothing of how it is done. */
export class Model {
  locked = false;
  guestMutes: keyof typeof NEXT_MUTES = 'free';
  announced: keyof typeof NEXT_ANNOUNCED = 'tone';
  recorded = false;
  turnedAway = 0;
  /** In order of raising. */
  hands: number[] = [];
  members: Member[] = [];

  of(id: number): Member {
    const member = this.members.find((other) => other.id === id);
    if (member === undefined) throw new Error(`caller ${id} is not in`);
    return member;
  }

  /** @returns what the one who comes hears, and whether he is in */
  comes(id: number, role: Role): { readonly hears: Expected; readonly isIn: boolean } {
    if (this.locked && role === 'guest') {
      this.turnedAway += 1;
      return { hears: ['conference-locked', 'goodbye'], isIn: false };
    }
    const muted = role === 'guest' && this.guestMutes !== 'free';
    this.members.push({ id, role, muted, hear: 0, speak: 0 });
    const notices: SpokenPrompt[] = [...(this.recorded ? (['is-recorded'] as const) : [])];
    return { hears: ['joining', ...notices, ...(muted ? (['you-are-muted'] as const) : [])], isIn: true };
  }

  leaves(id: number): void {
    this.members = this.members.filter((other) => other.id !== id);
    this.hands = this.hands.filter((other) => other !== id);
  }

  mutes(id: number): Expected {
    const member = this.of(id);
    if (member.muted && member.role === 'guest' && this.guestMutes === 'may-not-unmute') return ['may-not-unmute'];
    member.muted = !member.muted;
    return [member.muted ? 'you-are-muted' : 'you-are-unmuted'];
  }

  mutesAll(): Expected {
    this.guestMutes = NEXT_MUTES[this.guestMutes];
    for (const member of this.members) if (member.role === 'guest') member.muted = this.guestMutes !== 'free';
    return [MUTES_SAID[this.guestMutes]];
  }

  locks(): Expected {
    this.locked = !this.locked;
    return [this.locked ? 'conference-now-locked' : 'conference-now-unlocked'];
  }

  announces(): Expected {
    this.announced = NEXT_ANNOUNCED[this.announced];
    return [ANNOUNCED_SAID[this.announced]];
  }

  /** `*8`, where nobody has a name. */
  heads(): Expected {
    const count = this.members.length;
    return count === 1 ? ['you-are-the-only-one'] : [count, 'callers-in-conference'];
  }

  counts(id: number): Expected {
    const heads = this.heads() as readonly (SpokenPrompt | number)[];
    if (this.of(id).role === 'guest' || this.turnedAway === 0) return heads;
    if (this.turnedAway === 1) return [...heads, 'one-was-turned-away'];
    return [...heads, this.turnedAway, 'were-turned-away'];
  }

  raisesHand(id: number): Expected {
    const raised = this.hands.includes(id);
    this.hands = raised ? this.hands.filter((other) => other !== id) : [...this.hands, id];
    return [raised ? 'hand-lowered' : 'hand-raised'];
  }

  /** The host unmutes this one. @returns what that caller hears */
  callsUp(id: number): Expected {
    const member = this.of(id);
    const { muted } = member;
    member.muted = false;
    this.hands = this.hands.filter((other) => other !== id);
    return [muted ? 'host-unmuted-you' : 'hand-lowered'];
  }

  turnsVolume(id: number, code: VolumeCode): Expected {
    const [which, step, said] = VOLUMES[code];
    const member = this.of(id);
    if (Math.abs(member[which] + step) > MOST_STEPS) return { tone: 'refused' };
    member[which] += step;
    return [said];
  }

  resetsVolume(id: number): Expected {
    const member = this.of(id);
    member.hear = 0;
    member.speak = 0;
    return ['volume-normal'];
  }
}

import type { NameId } from './identifiers.js';

/**
 * What callers hear, named. The domain speaks in utterances; the bridge turns them into sound files
 * by the prompt catalogue (`prompts/manifest.json`), which is checked to hold every name listed here.
 */

/** Every spoken sentence, by name. The words stand in `prompts/manifest.json`. */
export const SPOKEN_PROMPTS = [
  // section 1: the way in
  'welcome',
  'enter-pin',
  'pin-not-recognised',
  'nothing-entered',
  'goodbye',
  'host-choice',
  'enter-moderator-pin',
  'enter-security-code',
  'security-code-not-recognised',
  'say-your-name',
  'name-review',
  'unnamed-caller',
  'conference-full',
  'conference-locked',
  'not-allowed',
  'host-not-arrived',
  'still-waiting',
  'host-did-not-arrive',
  'waiting-for-admission',
  'not-admitted',
  'joining',
  'you-are-the-first',
  'you-are-the-host',
  'is-recorded',
  // "there is one other caller" / "there are" N "other callers"
  'there-is-one-other',
  'there-are',
  'other-callers',
  'one-is-waiting',
  'are-waiting',
  'has-joined',
  'has-left',
  'and',
  'others-have-joined',
  'more-have-joined',
  'have-joined',
  'have-left',
  'others-have-left',
  'more-have-left',
  // section 2: leaving
  'host-disconnected-hold',
  'host-returned',
  'conference-ended',
  'you-are-alone',
  'time-limit-reached',
  // section 3: keys
  'only-host-can-do-that',
  'unknown-code',
  'not-available',
  'you-are-muted',
  'you-are-unmuted',
  'host-muted-you',
  'host-unmuted-you',
  'may-not-unmute',
  'conference-now-locked',
  'conference-now-unlocked',
  'you-are-the-only-one',
  'callers-in-conference',
  'one-was-turned-away',
  'were-turned-away',
  'host-ended-conference',
  'confirm-host-hangup',
  'hand-raised',
  'hand-lowered',
  'no-hands-raised',
  'hand-menu',
  'roll-call-menu',
  'caller-muted',
  'caller-dropped',
  'caller-blocked',
  'all-guests-muted',
  'guests-may-not-unmute',
  'all-unmuted',
  'confirm-recording',
  'recording-started',
  'recording-stopped',
  'recording-failed',
  'announce-names',
  'announce-tones',
  'announce-silent',
  'all-admitted',
  'screening-menu',
  'lobby-empty',
  'noisy-line-menu',
  'no-noisy-line',
  'last-guest-dropped',
  'continues-without-host',
  'enter-number-to-dial',
  'dial-out-menu',
  'dial-out-failed',
  'hear-louder',
  'hear-quieter',
  'speak-louder',
  'speak-quieter',
  'volume-normal',
  'booking-five-minutes',
  'booking-one-minute',
  // help: "press star six to mute or unmute your line", one sentence per action
  'help-intro',
  'help-mute',
  'help-count',
  'help-menu',
  'help-hand',
  'help-hands',
  'help-hear',
  'help-speak',
  'help-volume',
  'help-volume-normal',
  'help-lock',
  'help-roll-call',
  'help-end',
  'help-mute-all',
  'help-record',
  'help-announcements',
  'help-admit-all',
  'help-screen',
  'help-find-noise',
  'help-drop-last',
  'help-continue',
  'help-dial-out',
  // the parts a code is read from: "press" "star" "six" ...
  'press',
  'star',
  'hash',
  'or',
] as const;

export type SpokenPrompt = (typeof SPOKEN_PROMPTS)[number];

/** Tones, by what they mean. */
export const TONES = [
  'entry',
  'exit',
  'discreet',
  'done',
  'refused',
  'moved',
  'record-after',
  'recording',
  'ringing',
] as const;
export type Tone = (typeof TONES)[number];

/**
 * One piece of what a caller hears.
 * - `prompt`: a sentence; - `number`: a whole number from 0 to 999 999, spoken; - `digits`: each digit by itself;
 * - `tone`: a short signal; - `music`: hold music, repeated until something else is played (so only ever the last piece).
 */
export type Utterance =
  | { readonly kind: 'prompt'; readonly prompt: SpokenPrompt }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'digits'; readonly digits: string }
  | { readonly kind: 'tone'; readonly tone: Tone }
  | { readonly kind: 'greeting'; readonly name: string }
  /** What a caller said as a name; "an unnamed caller" where there is no such recording (any more). */
  | { readonly kind: 'name'; readonly name: NameId }
  | { readonly kind: 'silence'; readonly ms: number }
  | { readonly kind: 'music' };

export const say = (prompt: SpokenPrompt): Utterance => ({ kind: 'prompt', prompt });
export const sayNumber = (value: number): Utterance => ({ kind: 'number', value });
export const tone = (name: Tone): Utterance => ({ kind: 'tone', tone: name });
export const silence = (ms: number): Utterance => ({ kind: 'silence', ms });
/** Ends what is said before a hang-up: the caller's own jitter buffer may still hold the last syllable when the BYE comes. */
export const lastSyllable: Utterance = silence(200);
export const music: Utterance = { kind: 'music' };

import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import { stepCall, type CallState } from '../domain/call-flow/machine.js';
import { resumeCall, withoutDigits } from '../domain/call-flow/resume.js';
import { happened, tell, type Story, type Told } from '../domain/call-flow/story.js';
import type { CallId } from '../domain/identifiers.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';

/** The state machine of one call, one event after the other. It says what is to be done; nobody has done it yet. */
export class CallFlow {
  readonly #callId: CallId;
  readonly #log: Log;
  /** Milliseconds since the INVITE. */
  readonly #sinceStart: () => number;
  #state: CallState;
  #story: Story;

  constructor(
    callId: CallId,
    { state, story }: { readonly state: CallState; readonly story: Story },
    { log, sinceStart }: { readonly log: Log; readonly sinceStart: () => number },
  ) {
    this.#callId = callId;
    this.#state = state;
    this.#story = story;
    this.#log = log;
    this.#sinceStart = sinceStart;
  }

  get isKnownToConference(): boolean {
    return this.#state.facts.knownToConference;
  }

  /** Waits, and was never in. */
  get isOutside(): boolean {
    return this.#state.kind === 'Waiting' && !this.#state.facts.hasBeenIn;
  }

  /** As it may be stored. */
  get stored(): CallState {
    return withoutDigits(this.#state);
  }

  /** What happened so far. */
  get story(): Story {
    return this.#story;
  }

  /** Adds what the flow itself does not see. */
  tell(...told: readonly Told[]): void {
    this.#story = tell(this.#story, this.#sinceStart(), told);
  }

  /** Goes on from a state that was stored. @param at the bridge's monotonic clock, milliseconds. */
  resume(at: number): readonly CallEffect[] {
    return this.#moved(resumeCall(this.#state, at));
  }

  /** A call whose flow breaks ends as one whose media fail: nobody is left in a call that nothing moves any more. */
  take(event: CallEvent): readonly CallEffect[] {
    const before = this.#state;
    const from = before.kind;
    const effects = this.#step(event);
    this.tell(...happened(before, event, this.#state, effects));
    const to = this.#state.kind;
    if (to !== from) this.#log.debug({ call: this.#callId, from, to }, 'call moved on');
    return effects;
  }

  #step(event: CallEvent): readonly CallEffect[] {
    try {
      return this.#moved(stepCall(this.#state, event));
    } catch (error) {
      const what = `the call flow broke at ${event.type}`;
      this.#log.error({ call: this.#callId, error: asError(error).message }, what);
      return this.#moved(stepCall(this.#state, { at: event.at, type: 'MediaFailed' }));
    }
  }

  #moved({ state, effects }: ReturnType<typeof stepCall>): readonly CallEffect[] {
    this.#state = state;
    return effects;
  }
}

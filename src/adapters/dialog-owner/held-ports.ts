import type { CallId } from '../../domain/identifiers.js';
import type { MixerLegs } from '../../ports/mixer-legs.js';
import type { Signaling } from '../../ports/signaling.js';
import type { CallFacts, OwnerNotices, OwnerRequests } from './protocol.js';

/** The signalling whose calls are held. */
export interface HeldSignaling extends Signaling {
  readonly legs: MixerLegs;
  /** Who it was, as far as a handle of its calls says. */
  who(handle: string): Omit<CallFacts, 'id' | 'handle' | 'offer'> | null;
}

/** The control process, as far as the calls speak to it. */
export interface Control {
  /** It has not died yet. */
  readonly open: boolean;
  ask(method: 'mediaOffered', params: OwnerRequests['mediaOffered']['params']): Promise<string>;
  tell<M extends keyof OwnerNotices>(method: M, params: OwnerNotices[M]): void;
}

/** A call a control process asks for. */
export interface Asked {
  readonly id: CallId;
  readonly handle: string;
}

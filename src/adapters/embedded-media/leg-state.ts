import type { CallId, ConferenceId } from '../../domain/identifiers.js';
import { LegLedger } from './leg-ledger.js';
import type { EndpointHandle, SessionDescriptor } from './protocol.js';
import type { Agreement, Destination } from './sdp-session.js';

/** What never changes in a leg's life. */
export interface LegFacts {
  readonly callId: CallId;
  readonly handle: EndpointHandle;
  readonly bindAddress: string;
  readonly rtpPort: number;
  readonly ssrc: number;
  readonly cname: string;
  readonly silenceMs: number;
  readonly silenceOnHoldMs: number;
}

/** What a leg should be: every worker gets it as a {@link SessionDescriptor}, so that any can carry it on. */
export class LegState {
  readonly ledger = new LegLedger();
  /** Source believed so far. */
  latched: Destination | null = null;
  inbandOff = false;
  gains = { hearDb: 0, speakDb: 0 };
  private readonly facts: LegFacts;
  private agreement: Agreement | null;
  private inRoom: ConferenceId | null = null;
  private isMuted = false;
  /** That he talks although muted has been told. */
  private spokeTold = false;

  constructor(facts: LegFacts, agreement: Agreement | null) {
    this.facts = facts;
    this.agreement = agreement;
  }

  get room(): ConferenceId | null {
    return this.inRoom;
  }

  enter(room: ConferenceId, muted: boolean): void {
    if (this.inRoom !== room) this.spokeTold = false;
    this.mute(muted);
    this.inRoom = room;
  }

  leave(): void {
    this.inRoom = null;
  }

  mute(muted: boolean): void {
    if (muted !== this.isMuted) this.spokeTold = false;
    this.isMuted = muted;
  }

  /** He talks although muted. @returns whether that is to be told: once for each time. */
  spoke(): boolean {
    if (!this.isMuted || this.inRoom === null || this.spokeTold) return false;
    this.spokeTold = true;
    return true;
  }

  /** @returns what takes it back. */
  agree(agreement: Agreement): () => void {
    const before = { agreement: this.agreement, latched: this.latched };
    this.agreement = agreement;
    // As the latch does: while the caller names the same place, the source believed stays where we send to.
    if (agreement.remote !== null && !samePlace(agreement.remote, before.agreement?.remote ?? null))
      this.latched = null;
    return () => {
      this.agreement = before.agreement;
      this.latched = before.latched;
    };
  }

  descriptor(): SessionDescriptor {
    const { handle, bindAddress, rtpPort, ssrc, cname, silenceMs, silenceOnHoldMs } = this.facts;
    const { agreement, latched, inRoom: room, isMuted: muted, inbandOff } = this;
    const ledger = this.ledger.memory;
    return {
      ...{ handle, bindAddress, rtpPort, ssrc, cname, silenceMs, silenceOnHoldMs },
      ...{ agreement, latched, room, muted, inbandOff, ledger },
      ...this.gains,
    };
  }
}

function samePlace(one: Destination, other: Destination | null): boolean {
  return one.address === other?.address && one.port === other.port;
}

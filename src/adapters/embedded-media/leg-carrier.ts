import { MessageChannel } from 'node:worker_threads';
import type { LegPlays } from './leg-plays.js';
import type { LegState } from './leg-state.js';
import type { Command, EndpointHandle, PlayOrder, Request } from './protocol.js';
import { WorkerGone, WorkerRefused } from './worker-link.js';
import type { WorkerSlot } from './worker-team.js';

/** The leg that is carried. */
export interface CarriedLeg {
  readonly state: LegState;
  readonly plays: LegPlays;
  /** Opens it again where its worker was replaced. Never rejects. */
  recover(): Promise<void>;
  /** It cannot go on. */
  lose(reason: string): void;
}

/** The worker that carries a leg: what it is asked, its successor after its death, and the way to another one. */
export class LegCarrier {
  private readonly handle: EndpointHandle;
  private readonly leg: CarriedLeg;
  private current: WorkerSlot;
  /** Resolves when the latest recovery is through. */
  private recovery: Promise<void> = Promise.resolve();

  constructor(handle: EndpointHandle, slot: WorkerSlot, leg: CarriedLeg) {
    this.handle = handle;
    this.current = slot;
    this.leg = leg;
  }

  get slot(): WorkerSlot {
    return this.current;
  }

  command(command: Command): void {
    this.current.link.command(command);
  }

  /** Something whose effect is part of the descriptor: when the worker dies under it, the recovery brings it about. */
  async ask(request: Request): Promise<void> {
    try {
      await this.current.link.request(request);
    } catch (error) {
      if (!(error instanceof WorkerGone)) throw error;
      await this.recovery;
    }
  }

  /** Something that a dead worker needs not do. Never rejects. */
  async askIfAlive(request: Request): Promise<void> {
    await this.current.link.request(request).catch(() => undefined);
  }

  /** The worker was replaced: opens the leg at its successor as it was. Never rejects. */
  reopen(play: PlayOrder | null): Promise<void> {
    this.recovery = this.current.link
      .request({ type: 'open', descriptor: this.leg.state.descriptor(), play })
      .then(() => undefined)
      .catch((error: unknown) => {
        // Gone again: the next recovery is under way already.
        if (error instanceof WorkerGone) return;
        this.leg.lose(`the audio could not be carried on: ${error instanceof Error ? error.message : String(error)}`);
      });
    return this.recovery;
  }

  /**
   * Hands the leg over to the worker in `home`, from thread to thread: the new one opens the ports beside the old
   * one, which then lets go. A stall of this thread delays the end of the promise, not the audio.
   */
  async moveTo(home: WorkerSlot): Promise<void> {
    if (!home.link.alive) throw new WorkerRefused('the media worker of the room keeps failing');
    const { port1, port2 } = new MessageChannel();
    const { current: old, handle } = this;
    const { state, plays } = this.leg;
    const playing = plays.current;
    const { link } = old;
    const adopted = home.link.request({ type: 'adopt', descriptor: state.descriptor(), from: port1 }, [port1]);
    link.command({ type: 'handOver', handle, to: port2 }, [port2]);
    this.current = home;
    try {
      await adopted;
    } catch (error) {
      if (!(error instanceof WorkerGone)) {
        await this.stayOn(old, link, playing);
        throw error;
      }
      // The new worker died under it; its successor opened the leg again by the descriptor.
      await link.request({ type: 'letGo', handle }).catch(() => undefined);
      await this.recovery;
    }
  }

  /** The leg could not be moved and is still where it was, on `link`; `playing` is what was played there. */
  private async stayOn(old: WorkerSlot, link: WorkerSlot['link'], playing: object | null): Promise<void> {
    this.current = old;
    const { plays } = this.leg;
    // Where its worker was replaced meanwhile, this leg was not among those opened again.
    if (old.link !== link) await this.leg.recover();
    else if (!link.alive) this.leg.lose('its media worker keeps failing');
    else if (plays.current !== playing) plays.repeat();
  }
}

import type { HeldSignaling } from '../../../src/adapters/dialog-owner/held-ports.js';
import type { MixerLeg, MixerLegs } from '../../../src/ports/mixer-legs.js';
import type { TakenBack } from '../../../src/ports/signaling.js';
import { FakeSignaling } from '../../fakes/fake-signaling.js';

/** A leg that answers when the test lets it. */
export class SlowLeg implements MixerLeg {
  readonly channel = 'channel';
  readonly sdp = 'v=0';
  readonly acknowledged: string[] = [];
  ended = false;
  answer: (sdp: string) => void = () => undefined;
  readonly handle: string;
  constructor(handle: string) {
    this.handle = handle;
  }
  renegotiate(): Promise<string> {
    return new Promise((resolve) => (this.answer = resolve));
  }
  acknowledge(answer: string): void {
    this.acknowledged.push(answer);
  }
  end(): Promise<void> {
    this.ended = true;
    return Promise.resolve();
  }
  onEnded(): void {}
}

export class Held extends FakeSignaling implements HeldSignaling {
  readonly placed: SlowLeg[] = [];
  readonly legs: MixerLegs = {
    place: (): Promise<MixerLeg> => {
      const leg = new SlowLeg(`leg-${this.placed.length}`);
      this.placed.push(leg);
      return Promise.resolve(leg);
    },
    takeBack: () => Promise.resolve(null),
  };
  override takeBack(): Promise<readonly TakenBack[]> {
    return Promise.resolve([]);
  }
  who(): null {
    return null;
  }
}

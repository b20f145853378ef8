import type { DialOutRights } from '../../../src/domain/conference-options.js';
import type { FakeCall, FakePlacedCall } from '../../fakes/fake-signaling.js';
import { HOST_PIN, settle, World } from './world.js';

export const RIGHTS: DialOutRights = {
  trunk: 'carrier',
  prefixes: ['020'],
  callsPerHour: 5,
  atOnce: 2,
  minutesPerDay: 30,
};
export const NUMBER = '02079460000';

/** A conference with a host, and what a host dials. */
export class Dialling extends World {
  host!: FakeCall;

  static async open(
    rights: Partial<DialOutRights> | null = {},
    keep: readonly string[] | null = null,
  ): Promise<Dialling> {
    const dialOut = rights === null ? null : { ...RIGHTS, ...rights };
    const world = new Dialling(100, { dialOut });
    if (keep !== null) world.keep(...keep);
    await world.bridge.start();
    world.host = await world.comeIn(HOST_PIN);
    return world;
  }

  async comeIn(pin: string): Promise<FakeCall> {
    const call = await this.answered();
    this.clock.advance(500);
    await settle();
    this.press(call, `${pin}#`);
    await settle();
    await this.listen(call, 8);
    return call;
  }

  /** The host keys it; what is said about it comes to its end. */
  async dial(number = NUMBER, host = this.host): Promise<FakePlacedCall | undefined> {
    const before = this.signaling.placements.length;
    this.press(host, '*1');
    await settle();
    await this.listen(host);
    this.press(host, `${number}#`);
    await settle();
    return this.signaling.placements.slice(before).at(-1);
  }

  async talkingAside(): Promise<FakePlacedCall> {
    const call = await this.dial();
    if (call === undefined) throw new Error('no call was placed');
    call.pickUp();
    await settle();
    await this.listen(this.host);
    return call;
  }

  get room(): string {
    return this.endpoint(this.host).room ?? '';
  }

  get out() {
    return this.store.callRecords({ limit: 100 }).find(({ direction }) => direction === 'out');
  }
}

/** As the conference's own room is called. */
export const aside = /\/aside-\d+$/;

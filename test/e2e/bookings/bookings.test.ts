import { expect } from 'vitest';
import { localAt } from '../../../src/app/bookings/wall-time.js';
import type { Caller } from '../kit/caller.js';
import { forEachEngine } from '../kit/engines.js';
import { part, withBridge, type Scene } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';

const MINUTE_MS = 60_000;
/** Bookings begin on the minute: up to one until it begins, two while it lasts, and a margin. */
const BOOKED_LIMIT_MS = 5 * MINUTE_MS;

interface Drawn {
  readonly id: string;
  readonly hostPin: string;
  readonly guestPin: string;
  readonly startsAt: number;
}

/** A booking of the account that starts on the next minute that is some seconds ahead. */
async function book(stage: Scene, account: string, ...more: readonly string[]): Promise<Drawn> {
  const startsAt = Math.ceil((Date.now() + 8_000) / MINUTE_MS) * MINUTE_MS;
  const at = localAt(startsAt, 'Asia/Kathmandu');
  const when = ['--at', at, '--time-zone', 'Asia/Kathmandu', '--duration', '2m'];
  const { status, stdout, stderr } = await stage.bridge.commandHere(
    ...['booking', 'add', account, '--title', 'Booked', ...when, ...more, '--json'],
  );
  expect(status, stderr).toBe(0);
  const { id, drawn } = JSON.parse(stdout) as { id: string; drawn: readonly { hostPin: string; guestPin: string }[] };
  const [pins] = drawn;
  if (pins === undefined) throw new Error('no PINs were drawn');
  for (const pin of [pins.hostPin, pins.guestPin]) stage.bridge.keepSecret(pin);
  return { id, ...pins, startsAt };
}

const untilThen = (at: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, at - Date.now()));
  });

async function isRefused(stage: Scene, pin: string): Promise<void> {
  const caller = await stage.call(pin);
  await caller.hears(spoken('pin-not-recognised'));
  await caller.hangUp();
}

forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });

  part('a booking', () => {
    scene(
      'is closed before its start, warned a minute before its end, and closed to everyone then',
      async (stage) => {
        const account = await stage.addAccount();
        const booked = await book(stage, account.id);
        await isRefused(stage, booked.guestPin);
        await untilThen(booked.startsAt + 300);
        const host = await stage.call(booked.hostPin);
        await host.hears(spoken('you-are-the-host'));
        const guest = await stage.call(booked.guestPin);
        await guest.hears(spoken('there-is-one-other'));
        // beside it the account's own conference, of which nobody here hears
        const own = await stage.call(account.hostPin);
        await own.hears(spoken('you-are-the-host'));
        const inRoom: readonly Caller[] = [host, guest];
        await Promise.all(inRoom.map((one) => one.hears(spoken('booking-one-minute'), { withinMs: 90_000 })));
        const early = Date.now() - (booked.startsAt + MINUTE_MS);
        console.log(`${engine}: the warning was heard ${early} ms after it was due`);
        expect(early).toBeGreaterThan(-500);
        await Promise.all(inRoom.map((one) => one.hears(spoken('conference-ended'), { withinMs: 90_000 })));
        await Promise.all(inRoom.map((one) => one.ends(4_000)));
        expect(Date.now()).toBeGreaterThan(booked.startsAt + 2 * MINUTE_MS);
        for (const one of inRoom) expect((await stage.record(one)).outcome).toBe('booking-ended');
        expect(own.hasHeard(spoken('booking-one-minute'), 0)).toBe(false);
        await isRefused(stage, booked.guestPin);
        const [first] = await stage.bridge.conferences(account.id, 1);
        expect(first).toMatchObject({ outcome: 'booking-ended', bookingId: booked.id, peak: 2 });
      },
      BOOKED_LIMIT_MS,
    );

    scene(
      'lets guests in early to wait for the host; cancelled, it lets nobody in any more',
      async (stage) => {
        const account = await stage.addAccount();
        const booked = await book(stage, account.id, '--early', '10m');
        const guest = await stage.call(booked.guestPin);
        await guest.hears(spoken('host-not-arrived'));
        const host = await stage.call(booked.hostPin);
        await host.hears(spoken('you-are-the-host'));
        await guest.hears(spoken('joining'));
        const cancelled = await stage.bridge.commandHere('booking', 'cancel', booked.id, '--yes');
        expect(cancelled.status, cancelled.stderr).toBe(0);
        await isRefused(stage, booked.guestPin);
        await isRefused(stage, booked.hostPin);
      },
      BOOKED_LIMIT_MS,
    );
  });
});

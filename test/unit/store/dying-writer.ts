import { writeSync } from 'node:fs';
import { makeBooking } from '../../../src/app/bookings/make-booking.js';
import { openStore } from '../../../src/app/compose-store.js';
import { parseConfig } from '../../../src/app/config.js';
import { drawUntilAccepted } from '../../../src/app/drawing.js';
import { provisionAccount } from '../../../src/app/provision.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import type { AccountId } from '../../../src/domain/identifiers.js';
import { StoreUnavailable } from '../../../src/ports/store.js';
import { seeded } from '../../seeded.js';
import { call, conference } from '../../conformance/store-stage.js';
import { INVITEES, OCCURRENCES, type Acknowledged } from './killed-writers.js';

/**
 * A process that writes until it is killed: `dying-writer.ts DIRECTORY SEED`. Each line on stdout is what the store has taken, written
 * when it returned, or what may be taken or not from now on.
 */
const [directory = '', seed = '0'] = process.argv.slice(2);
const random = seeded(Number(seed));
const stores = openStore(parseConfig({ dataDir: directory }, {}));
const { store } = stores;
const accounts: AccountId[] = [];
const tomorrow = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}T09:00`;

const acknowledge = (line: Acknowledged): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

const any = (): AccountId | null => accounts[Math.floor(random() * accounts.length)] ?? null;

function addAccount(): void {
  const { id, host, guest } = provisionAccount(stores, `Writer ${seed}`, DEFAULT_CONFERENCE_OPTIONS, { pinLength: 9 });
  accounts.push(id);
  acknowledge({ did: 'account', id, pins: [host, guest] });
}

function rotate(id: AccountId): void {
  acknowledge({ did: 'begin', what: 'rotation', id });
  const drawn = drawUntilAccepted(stores, { host: { length: 9 }, guest: { length: 9 } }, (codes) => {
    store.rotatePins(id, codes);
  });
  acknowledge({ did: 'rotation', id, pins: [drawn.host, drawn.guest] });
}

function book(of: AccountId): void {
  const { booking } = makeBooking(stores, {
    ...{ accountId: of, title: 'Weekly', startsLocal: tomorrow, timeZone: 'Europe/London', pinLength: 9 },
    ...{ durationMs: 3_600_000, rule: `FREQ=WEEKLY;COUNT=${OCCURRENCES}`, pinsEach: true, personalPins: true },
    ...{ earlyMs: 0, overrunMs: 0, recording: null },
    invitees: Array.from({ length: INVITEES }, (_, n) => ({ name: `Guest ${n}`, email: null, phone: null })),
  });
  acknowledge({ did: 'booking', id: booking.id, of });
}

function talk(of: AccountId, n: number): void {
  const record = store.startConferenceRecord(conference(of));
  const id = `${seed}-${n}`;
  store.saveLive([{ kind: 'call', id, data: '{}' }]);
  store.addCallRecord(call(id, { accountId: of, conferenceRecordId: record }));
  store.saveLive([{ kind: 'call', id, data: null }]);
  acknowledge({ did: 'call', id, of });
}

function erase(id: AccountId): void {
  accounts.splice(accounts.indexOf(id), 1);
  acknowledge({ did: 'begin', what: 'erasure', id });
  store.beginErasure(id, 'erase');
  acknowledge({ did: 'erasure', id });
  for (let step = 0; step < 20; step += 1) store.eraseSome(3);
}

function write(n: number): void {
  const of = any();
  const kind = random();
  if (of === null || kind < 0.3) addAccount();
  else if (kind < 0.5) rotate(of);
  else if (kind < 0.65) book(of);
  else if (kind < 0.9) talk(of, n);
  else erase(of);
}

for (let n = 0; ; n += 1) {
  try {
    write(n);
  } catch (error) {
    // the other writer had the lock each time this one looked: nothing was written, nothing is acknowledged
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}

import { describe, expect, it } from 'vitest';
import { PinKey } from '../../../src/adapters/system/pin-key.js';
import { PinAgain } from '../../../src/bridge/keyed-pin.js';
import { checkCode, lookUpPin, type PinLookupParts } from '../../../src/bridge/pin-lookup.js';
import { accountId, callId, conferenceId } from '../../../src/domain/identifiers.js';
import { account, pin } from '../../conformance/store-stage.js';
import { MemoryStore } from '../../fakes/memory-store.js';

const KEYS = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
const before = new PinKey(KEYS.slice(0, 1));
const after = new PinKey(KEYS);
const caller = { id: callId('c1'), callerNumber: null };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** An account that was added before the key was changed. */
function rekeyed(parts: Partial<PinLookupParts> = {}): PinLookupParts {
  const store = new MemoryStore();
  store.addAccount(account('a1'), {
    host: pin(before.hash('111')),
    guest: pin(before.hash('222')),
    security: pin(before.hash('333')),
  });
  const moved = new Map(['111', '222', '333'].map((digits) => [before.hash(digits), after.hash(digits)]));
  store.rekeyPins(() => ({ next: (hash) => moved.get(hash) ?? '', keep: () => undefined }));
  return {
    ...{ store, log, clock: { wall: () => 0 }, heldCode: () => null },
    hashPin: (digits) => after.hash(digits),
    pinMatches: (digits, hash) => after.matches(digits, hash),
    currentHash: (hash) => after.current(hash),
    ...parts,
  };
}

describe('a PIN that is keyed when the PIN key was changed', () => {
  const keyed = { type: 'LookUpPin' as const, lookupId: 1 as never, digits: '222' };

  it('is known as before', () => {
    expect(lookUpPin(rekeyed(), caller, keyed)).toMatchObject({
      event: { type: 'PinMatched', admission: { role: 'guest' } },
      by: after.hash('222'),
    });
  });

  it('is known where it was hashed just before the change', () => {
    const hashes = [before.hash('222'), after.hash('222')];
    const parts = rekeyed({ hashPin: () => hashes.shift() ?? after.hash('222') });
    expect(lookUpPin(parts, caller, keyed)).toMatchObject({ event: { type: 'PinMatched' }, by: after.hash('222') });
  });

  it('that nobody has is hashed twice and no more', () => {
    let hashed = 0;
    const hashPin = (digits: string): string => {
      hashed += 1;
      return after.hash(digits);
    };
    expect(lookUpPin(rekeyed({ hashPin }), caller, { ...keyed, digits: '999' })).toMatchObject({
      event: { type: 'PinMissed' },
      by: null,
    });
    expect(hashed).toBe(2);
  });
});

describe('a security code of a conference that began before the PIN key was changed', () => {
  const ask = (digits: string): string => {
    const parts = rekeyed({ heldCode: () => ({ hash: before.hash('333') }) });
    const owner = { accountId: accountId('a1'), conferenceId: conferenceId('k1'), bookingId: null };
    const effect = { type: 'CheckCode' as const, lookupId: 1 as never, code: 'security' as const, ...owner, digits };
    return checkCode(parts, caller, effect).event.type;
  };

  it('is known, and no other', () => {
    expect(ask('333')).toBe('CodeMatched');
    expect(ask('334')).toBe('PinMissed');
  });
});

describe('a caller who keyed a PIN just before the PIN key was changed', () => {
  const id = accountId('a1');
  const keyed = { hash: before.hash('222'), startsAt: null, moderator: null };

  it('is still who he was, and no longer when the PIN is replaced', () => {
    const parts = rekeyed();
    const again = new PinAgain(caller.id, parts);
    expect(again.isStopped(keyed, id)).toBe(false);
    parts.store.rotatePins(id, { guest: pin(after.hash('444')) });
    expect(again.isStopped(keyed, id)).toBe(true);
  });

  it('is so where the change falls between the hashing and the look', () => {
    const hashes = [before.hash('222'), after.hash('222')];
    const parts = rekeyed({ currentHash: () => hashes.shift() ?? after.hash('222') });
    expect(new PinAgain(caller.id, parts).isStopped(keyed, id)).toBe(false);
  });
});

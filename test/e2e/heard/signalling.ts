import { expect } from 'vitest';
import { CallRefused } from '../../../src/app/telephone/telephone.js';
import { Caller } from '../kit/caller.js';
import type { Play } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';
import { everyoneHears, TONES_HZ, untilSilent } from '../kit/tones.js';

const [HOST_HZ, GUEST_HZ] = TONES_HZ;

/** Ways in which telephones and trunks differ. */
export function signallingScenes(scene: Play): void {
  for (const [what, options] of [
    ['over TCP', { transport: 'tcp' }],
    ['with a late offer', { offer: 'late' }],
    ['with A-law alone', { rtp: { codecs: ['PCMA'] } }],
    ['with packets of 30 ms', { rtp: { ptimeMs: 30 } }],
    ['without telephone-events, keying tones', { rtp: { eventPayloadType: null }, method: 'inband' }],
    ['with another payload type for its telephone-events', { rtp: { eventPayloadType: 96 } }],
  ] as const) {
    scene(`a caller ${what} keys the PIN, hears and is heard`, async (stage) => {
      const account = await stage.addAccount();
      const [host, guest] = await Promise.all([
        stage.call(account.hostPin, { hz: HOST_HZ }),
        stage.call(account.guestPin, { hz: GUEST_HZ, ...options }),
      ]);
      await everyoneHears([host, guest]);
    });
  }

  scene('a caller who holds and resumes stays in the conference', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await Promise.all([
      stage.call(account.hostPin, { hz: HOST_HZ }),
      stage.call(account.guestPin, { hz: GUEST_HZ }),
    ]);
    await everyoneHears([host, guest]);
    await guest.telephone.hold();
    await guest.untilNothingArrives();
    await guest.telephone.resume();
    await everyoneHears([host, guest]);
    await guest.telephone.reinvite('inactive');
    await Promise.all([untilSilent(host, [GUEST_HZ]), guest.untilNothingArrives()]);
    await guest.telephone.resume();
    await everyoneHears([host, guest]);
  });

  scene('a re-INVITE without an offer is answered with one, and the call goes on', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await Promise.all([
      stage.call(account.hostPin, { hz: HOST_HZ }),
      stage.call(account.guestPin, { hz: GUEST_HZ }),
    ]);
    await everyoneHears([host, guest]);
    await guest.telephone.reinvite(null);
    await everyoneHears([host, guest]);
  });

  scene('a number that is not there is refused with 404', async (stage) => {
    const unknown = Caller.dial(stage.bridge, { target: stage.bridge.addressOf('nobody') });
    await expect(unknown).rejects.toMatchObject({ name: 'CallRefused', status: 404 });
  });

  scene('a caller who gives up while it rings is gone, and the next one gets in', async (stage) => {
    const account = await stage.addAccount();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const giveUp = new AbortController();
      const dialling = Caller.dial(stage.bridge, { signal: giveUp.signal, rtp: { ownThread: false } });
      // Sooner and later within the few milliseconds that the bridge takes to answer.
      setTimeout(() => giveUp.abort(), attempt * 4);
      const outcome = await dialling.catch((error: unknown) => error);
      if (outcome instanceof Caller) await outcome.hangUp();
      else expect(outcome).toMatchObject({ name: CallRefused.name, status: 487 });
    }
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('you-are-the-first'));
  });
}

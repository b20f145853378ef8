import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type Srf from 'drachtio-srf';
import type { Dialog, SipRequest } from 'drachtio-srf';
import { LegRefused, type LegRequest, type MixerLeg, type MixerLegs } from '../../ports/mixer-legs.js';
import { reasonOf, sayGoodbye } from './dialog-requests.js';
import { DrachtioLeg, type LegHost } from './leg.js';

/** A mixer that has not answered by then is given up, milliseconds. */
const PLACE_MS = 4_000;
/** A leg nobody waits for any more gets its BYE, which is waited for so long, milliseconds. */
const BYE_MS = 5_000;
/** Tells the channel's name at the mixer; set by the mixer's dialplan before it answers. */
const CHANNEL_HEADER = 'X-Partyline-Channel';

/** Legs over the connection to drachtio-server. */
export class DrachtioLegs implements MixerLegs {
  readonly #legs = new Map<string, DrachtioLeg>();
  readonly #srf: () => Srf | null;
  readonly #host: LegHost;

  /** @param srf the connection there is now, if any. */
  constructor(srf: () => Srf | null, track: LegHost['track']) {
    this.#srf = srf;
    this.#host = { ended: (leg) => void this.#legs.delete(leg.handle), track };
  }

  place(request: LegRequest): Promise<MixerLeg> {
    return this.#host.track(this.#place(request));
  }

  takeBack(handle: string): Promise<MixerLeg | null> {
    return Promise.resolve(this.#legs.get(handle) ?? null);
  }

  /** What is sent within the legs goes over another connection from now on. */
  moveTo(socket: Socket): void {
    for (const leg of this.#legs.values()) leg.moveTo(socket);
  }

  /** The mixer said BYE, and drachtio-server had nobody to give it to. */
  endedUnheard(sipCallId: string | undefined, reason: string): void {
    for (const leg of this.#legs.values()) {
      if (leg.sipCallId === sipCallId) leg.lost(reason);
    }
  }

  /** BYE to all of them; bounded. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#legs.values()].map((leg) => leg.end()));
  }

  async #place(request: LegRequest): Promise<MixerLeg> {
    const srf = this.#srf();
    if (srf === null) throw new Error('the signalling is not started');
    const sent: { invite: SipRequest | null } = { invite: null };
    const dialing = srf.createUAC(
      request.uri,
      { headers: { ...request.headers }, ...(request.offer === null ? {} : { localSdp: request.offer }) },
      { cbRequest: (_error, invite) => (sent.invite = invite ?? null) },
    );
    const dialog = await inTime(dialing, request.withinMs ?? PLACE_MS).catch((error: unknown) => {
      const status = statusOf(error);
      throw status === null ? new Error(`no leg to the mixer: ${reasonOf(error)}`) : new LegRefused(status);
    });
    if (dialog === null) {
      giveUp(dialing, sent.invite);
      throw new Error('the mixer did not answer in time');
    }
    const channel = (dialog.res.get(CHANNEL_HEADER) ?? '').trim();
    if (channel === '') {
      void sayGoodbye(dialog, BYE_MS);
      throw new Error('the mixer did not name its channel: its dialplan is not ours');
    }
    const leg = new DrachtioLeg(this.#host, dialog, { handle: randomUUID(), channel, advertise: request.advertise });
    this.#legs.set(leg.handle, leg);
    return leg;
  }
}

/** CANCEL; and BYE where the 200 is on its way already. */
function giveUp(dialing: Promise<Dialog>, invite: SipRequest | null): void {
  dialing.then(
    (late) => void sayGoodbye(late, BYE_MS),
    () => undefined,
  );
  try {
    invite?.cancel();
  } catch {
    // The connection is gone.
  }
}

/** `null`: not in time. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function statusOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
    ? error.status
    : null;
}

import { probeDialogOwner } from '../adapters/dialog-owner/probe.js';
import { probeDrachtio } from '../adapters/drachtio/probe.js';
import { openSession } from '../adapters/freeswitch/session.js';
import type { Config, MixerConfig } from './config.js';
import { advised } from './engine-advice.js';

/** What was found out about a program, or in `problem`, one line, why it cannot be used and what to do. */
export type Looked<T> = (T & { readonly problem: null }) | { readonly problem: string };

export interface MixerFacts {
  /** E.g. `1.11.1`. */
  readonly version: string;
  /** Where it takes calls: a SIP URI. */
  readonly sip: string;
  /** Its settings max-sessions and sessions-per-second; `null`: it does not tell. */
  readonly maxSessions: number | null;
  readonly sessionsPerSecond: number | null;
}

/** Probes take so long at most, milliseconds. */
const DRACHTIO_MS = 2_500;
const OWNER_MS = 2_500;

async function looked<T extends object>(look: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { ...(await look()), problem: null };
  } catch (error) {
    return { problem: advised(error instanceof Error ? error.message : String(error)) };
  }
}

/** Whether a mixer can do its work for the bridge; takes a few seconds at most. */
export function lookAtMixer({
  eventSocket: { host, port, secret },
  profile,
}: MixerConfig): Promise<Looked<MixerFacts>> {
  return looked(async () => {
    const place = { eventSocket: { host, port, secret: secret.reveal() }, profile };
    const session = await openSession(place, { event: () => undefined, closed: () => undefined });
    try {
      const status = await session.socket.api('status');
      const perSecond = Number(/per Sec out of max (\d+)/.exec(status)?.[1]);
      return {
        version: session.version,
        sip: session.sipUri,
        maxSessions: session.maxSessions,
        sessionsPerSecond: perSecond > 0 ? perSecond : null,
      };
    } finally {
      session.socket.close();
    }
  });
}

/** Whether drachtio-server answers and takes the secret, and where it answers SIP. */
export function lookAtDrachtio({
  host,
  port,
  secret,
}: NonNullable<Config['drachtio']>): Promise<Looked<{ readonly listening: readonly string[] }>> {
  return looked(async () => {
    const options = { host, port, secret: secret.reveal(), connectTimeoutMs: DRACHTIO_MS };
    return { listening: await probeDrachtio(options) };
  });
}

/** Whether a dialog owner answers that this Partyline can work with, whether it serves a bridge, and what it says of its calls' way. */
export function lookAtDialogOwner({
  socket,
}: NonNullable<Config['dialogOwner']>): Promise<
  Looked<{ readonly serving: boolean; readonly trouble: string | null }>
> {
  return looked(async () => {
    const { serving, state } = await probeDialogOwner(socket, OWNER_MS);
    return { serving, trouble: state.healthy ? null : state.detail };
  });
}

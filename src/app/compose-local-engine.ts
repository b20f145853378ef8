import { join } from 'node:path';
import { findDrachtio, startLocalDrachtio, type LocalDrachtio } from '../adapters/drachtio/local-server.js';
import { findFreeSwitch, startLocalFreeSwitch, type LocalFreeSwitch } from '../adapters/freeswitch/local-engine.js';
import type { Log } from '../bridge/log.js';
import type { Config } from './config.js';

/** drachtio-server and FreeSWITCH of this machine, started for one bridge. */
export interface LocalEngine {
  readonly drachtio: LocalDrachtio;
  readonly freeswitch: LocalFreeSwitch;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Starts both on loopback, from `freeswitch-conf/`, with their configuration, logs and secrets in the data directory.
 * @throws Error with one clear line: what is missing, or why one did not start; nothing is left running then
 */
export async function startLocalEngine(config: Config, log: Log): Promise<LocalEngine> {
  const missing = [findDrachtio() === null ? 'drachtio-server' : null, findFreeSwitch() === null ? 'FreeSWITCH' : null]
    .filter((name) => name !== null)
    .join(' and ');
  if (missing !== '') {
    throw new Error(
      `the engine freeswitch needs ${missing}, not found in PATH, /usr/local/freeswitch/bin or /usr/local/bin: install, or use the engine embedded`,
    );
  }
  const { address, port, transports } = sipAddress(config);
  const directory = join(config.dataDirectory, 'engine');
  const freeswitch = await startLocalFreeSwitch({
    directory: join(directory, 'freeswitch'),
    rtpPorts: config.media.rtpPorts,
    // a leg each, and room for those that come while others go
    maxSessions: config.maximumCalls + 50,
  });
  try {
    const drachtio = await startLocalDrachtio({
      directory: join(directory, 'drachtio'),
      sipAddress: address,
      sipPort: port,
      transports,
    });
    for (const [name, { exited }] of [
      ['drachtio-server', drachtio],
      ['FreeSWITCH', freeswitch],
    ] as const) {
      void exited.then((how) => log.warn({ program: name, how }, 'an engine program ended'));
    }
    return {
      drachtio,
      freeswitch,
      async stop() {
        await drachtio.stop();
        await freeswitch.stop();
      },
    };
  } catch (error) {
    await freeswitch.stop();
    throw error;
  }
}

/** drachtio-server listens on one address and port; a wildcard becomes loopback, since the mixer is on loopback too. */
function sipAddress(config: Config): {
  readonly address: string;
  readonly port: number;
  readonly transports: readonly ('udp' | 'tcp')[];
} {
  const [first] = config.sip.listen;
  const host = first?.host ?? LOOPBACK;
  const port = first?.port ?? 5060;
  const same = config.sip.listen.filter((listen) => listen.host === host && listen.port === port);
  return {
    address: host === '0.0.0.0' ? LOOPBACK : host,
    port,
    transports: same
      .map(({ transport }) => transport)
      .filter((transport) => transport === 'udp' || transport === 'tcp'),
  };
}

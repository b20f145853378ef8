import { join } from 'node:path';
import { findDrachtio, startLocalDrachtio, type LocalDrachtio } from '../adapters/local-programs/drachtio.js';
import { findFreeSwitch, startLocalFreeSwitch, type LocalFreeSwitch } from '../adapters/local-programs/freeswitch.js';
import { profileTrouble } from '../adapters/freeswitch/event-socket.js';
import type { Log } from '../bridge/log.js';
import type { Config } from './config.js';
import { ConfigError } from './config.js';
import type { SipListen } from './config/kinds.js';
import { environmentName } from './config/settings.js';

/** drachtio-server and FreeSWITCH of this machine, started for one bridge. */
export interface LocalEngine {
  readonly drachtio: LocalDrachtio;
  readonly freeswitch: LocalFreeSwitch;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** The name of the one mixer that is started here, in records too. */
export const LOCAL_MIXER = 'freeswitch';

/** Programs that are not on this machine. */
export function missingPrograms(): readonly string[] {
  return [
    ...(findDrachtio() === null ? ['drachtio-server'] : []),
    ...(findFreeSwitch() === null ? ['FreeSWITCH'] : []),
  ];
}

/** @throws Error with one clear line when a program is missing, or the configuration asks what they cannot do together */
export function checkLocalEngine(config: Config): void {
  const missing = missingPrograms();
  if (missing.length > 0) {
    throw new Error(
      `the engine freeswitch needs ${missing.join(' and ')}, not found in PATH, /usr/local/freeswitch/bin or /usr/local/bin: install, or use the engine embedded`,
    );
  }
  localSipListen(config);
}

/**
 * Starts both on loopback, from `freeswitch-conf/`, with their configuration, logs and secrets in the data directory.
 * @throws Error with one clear line: why one did not start; nothing is left running then
 */
export async function startLocalEngine(config: Config, log: Log): Promise<LocalEngine> {
  const listen = localSipListen(config);
  const [first] = listen;
  const directory = join(config.dataDirectory, 'engine');
  let stopping = false;
  const freeswitch = await startLocalFreeSwitch({
    directory: join(directory, 'freeswitch'),
    trouble: profileTrouble,
    rtpPorts: config.media.rtpPorts,
    // a leg each, and room for those that come while others go
    maxSessions: config.maximumCalls + 50,
  });
  try {
    const drachtio = await startLocalDrachtio({
      directory: join(directory, 'drachtio'),
      ...(first === undefined ? {} : { sipAddress: first.host }),
      // 0: a free one
      ...(first === undefined || first.port === 0 ? {} : { sipPort: first.port }),
      transports: listen.map(({ transport }) => transport),
    });
    for (const [name, { exited }] of [
      ['drachtio-server', drachtio],
      ['FreeSWITCH', freeswitch],
    ] as const) {
      void exited.then((how) => {
        if (!stopping) log.error({ program: name, how }, 'an engine program ended');
      });
    }
    return {
      drachtio,
      freeswitch,
      async stop() {
        stopping = true;
        await drachtio.stop();
        await freeswitch.stop();
      },
    };
  } catch (error) {
    await freeswitch.stop();
    throw error;
  }
}

/**
 * Where drachtio-server listens: one address and port. A wildcard becomes loopback, since the mixer is on loopback too.
 * @throws {ConfigError}
 */
export function localSipListen(config: Config): readonly SipListen[] {
  const [first] = config.sip.listen;
  const same = config.sip.listen.filter(({ host, port }) => host === first?.host && port === first.port);
  if (same.length < config.sip.listen.length) {
    const key = environmentName('sip.listen');
    throw new ConfigError(
      `${key} names several addresses or ports, and the engine freeswitch, where it is started here, takes one for UDP and TCP: give one, or set engine to embedded`,
    );
  }
  return same.map((listen) => (listen.host === '0.0.0.0' ? { ...listen, host: LOOPBACK } : listen));
}

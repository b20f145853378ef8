import { pino, type Logger } from 'pino';
import type { Log } from '../bridge/log.js';

/**
 * The bridge's log: JSON lines on stderr, or readable lines on a terminal. Nothing that reaches it holds a PIN, a key, a name
 * or a whole caller number; that is the duty of whoever logs.
 */
export function openLog(
  level: string,
  destination: { readonly fd: number; readonly terminal: boolean } = { fd: 2, terminal: process.stderr.isTTY },
): Log {
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  const sink = pino.destination({ dest: destination.fd, sync: true });
  // a log that nobody can read any more (terminal closed, pipe broken, disk full) ends no call
  sink.on('error', () => undefined);
  const logger: Logger = pino(options, destination.terminal ? readable(sink) : sink);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

/** One short line an entry, for a person who watches: time, level, message, fields. */
function readable(sink: { write(line: string): unknown }): { write(line: string): void } {
  return {
    write(line: string): void {
      const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const clock = typeof time === 'string' ? time.slice(11, 23) : '';
      const name = pino.levels.labels[Number(level)] ?? '';
      const rest = Object.entries(fields)
        .filter(([, value]) => value !== null)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(' ');
      sink.write(`${clock} ${name.padEnd(5)} ${String(msg)}${rest === '' ? '' : `  ${rest}`}\n`);
    },
  };
}

/**
 * Libraries of the production engine print whole SIP messages when they cannot read one, caller numbers and keys included,
 * whoever sent it. That something was printed is told, what it was is not.
 */
export function hushLibraries(log: Log): void {
  const hushed = (): void => log.warn({}, 'a library printed something; left out, since it may hold what callers sent');
  console.error = hushed;
  console.warn = hushed;
  console.log = hushed;
}

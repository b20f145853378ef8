import { connect } from 'node:net';

const CONNECT_MS = 1500;

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message;

/** Connects by TCP: `null` when someone answers, else why not. */
export function whyNotReachable(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem: string | null): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(problem);
    };
    const limit = setTimeout(() => end(`no answer within ${CONNECT_MS} ms`), CONNECT_MS);
    socket.once('connect', () => end(null));
    socket.once('error', (error) => end(codeOf(error)));
  });
}

/** Whether a bridge answers at this HTTP address. */
export async function bridgeAnswers(host: string, port: number): Promise<boolean> {
  const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const name = anywhere[host] ?? host;
  try {
    const response = await fetch(`http://${name.includes(':') ? `[${name}]` : name}:${port}/healthz`, {
      signal: AbortSignal.timeout(CONNECT_MS),
    });
    return response.ok && (await response.text()).trim() === 'ok';
  } catch {
    return false;
  }
}

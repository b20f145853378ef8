/** So many unexpected errors within a minute mean that going on makes no sense. */
const ERRORS_A_MINUTE = 100;

/** Whoever read what is printed may go, as a terminal that is closed does; calls and their order of ending do not depend on it. */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}

/** An error nobody expected ends no call: it is logged, unless errors come so thick that nothing works any more. */
export function surviveErrors(tell: (error: Error) => void): void {
  let window = Date.now();
  let count = 0;
  const seen = (reason: unknown): void => {
    tell(reason instanceof Error ? reason : new Error(String(reason)));
    const now = Date.now();
    if (now - window > 60_000) {
      window = now;
      count = 0;
    }
    count += 1;
    if (count > ERRORS_A_MINUTE) process.exit(1);
  };
  process.on('uncaughtException', seen);
  process.on('unhandledRejection', seen);
}

import { parentPort } from 'node:worker_threads';
import { assertNever } from '../../domain/assert-never.js';
import { openHere, type PhoneControl, type PhoneReply, type PhoneRequest } from './phone-thread.js';

/** Entry of the thread in which telephones run apart from the program that uses them. */
const lines = new Map<number, PhoneControl>();

parentPort?.on('message', (request: PhoneRequest) => {
  const reply = (value: number, error: string | null): void => {
    parentPort?.postMessage({ number: request.number, value, error } satisfies PhoneReply);
  };
  carryOut(request).then(
    (value) => reply(value, null),
    (error: unknown) => reply(0, error instanceof Error ? error.message : String(error)),
  );
});

async function carryOut(request: PhoneRequest): Promise<number> {
  if (request.type === 'open') {
    const opened = await openHere(request.options);
    lines.set(request.line, opened);
    return opened.port;
  }
  const line = lines.get(request.line);
  if (line === undefined) throw new Error('no such telephone');
  switch (request.type) {
    case 'agree':
      line.agree(request.agreement, request.keys);
      return 0;
    case 'say':
      line.say(request.source);
      return 0;
    case 'press':
      return line.press(request.key, request.method, request.durationMs);
    case 'close':
      lines.delete(request.line);
      await line.close();
      return 0;
    default:
      return assertNever(request);
  }
}

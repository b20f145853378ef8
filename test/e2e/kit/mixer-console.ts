import { connect } from 'node:net';

const ANSWER_MS = 3_000;

/**
 * One command at a FreeSWITCH's event socket, by a connection of its own: what a test asks must not go by the code under test.
 * @throws Error when there is no answer within 3 s
 */
export function askMixer(
  { host, port, secret }: { readonly host: string; readonly port: number; readonly secret: string },
  command: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let received = '';
    const over = (error: Error | null, answer = ''): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error === null) resolve(answer);
      else reject(error);
    };
    const timer = setTimeout(() => over(new Error(`no answer from the mixer to "${command}"`)), ANSWER_MS);
    socket.setEncoding('utf8');
    socket.on('error', (error) => over(error));
    socket.on('close', () => over(new Error('the mixer closed the connection')));
    socket.on('data', (text: string) => {
      received += text;
      if (received.includes('auth/request')) {
        received = '';
        socket.write(`auth ${secret}\n\n`);
      } else if (received.includes('+OK accepted')) {
        received = '';
        socket.write(`api ${command}\n\n`);
      } else if (received.includes('-ERR invalid')) over(new Error('the mixer refused the secret'));
      else {
        const [, length, rest] =
          /^Content-Type: api\/response\nContent-Length: (\d+)\n\n([\s\S]*)$/.exec(received) ?? [];
        if (rest !== undefined && Buffer.byteLength(rest) >= Number(length)) over(null, rest);
      }
    });
  });
}

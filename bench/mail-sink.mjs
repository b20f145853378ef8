import { createServer } from 'node:net';

/*
 * A mail server (RFC 5321) that takes everything, at once or after a time, and keeps nothing, in a process of its own, so that it takes no time of the loop
 * that is measured. It tells its port, and how much it took whenever it is asked.
 */

/** Before each reply, milliseconds. */
const REPLY_MS = Number(process.argv[2] ?? 0);

let mails = 0;
let bytes = 0;

const server = createServer((socket) => {
  let rest = '';
  let inData = false;
  const say = (line) => {
    if (REPLY_MS === 0) socket.write(`${line}\r\n`);
    else setTimeout(() => socket.write(`${line}\r\n`), REPLY_MS);
  };
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    rest += chunk;
    for (;;) {
      const end = rest.indexOf(inData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) {
        // the end of a mail may come in two pieces
        if (inData) rest = rest.slice(-4);
        return;
      }
      const line = rest.slice(0, end);
      rest = rest.slice(end + (inData ? 5 : 2));
      if (inData) {
        inData = false;
        mails += 1;
        say('250 taken');
        continue;
      }
      const command = line.slice(0, 4).toUpperCase();
      inData = command === 'DATA';
      say(inData ? '354 go on' : command === 'QUIT' ? '221 bye' : '250 fine');
      if (command === 'QUIT') setTimeout(() => socket.end(), REPLY_MS);
    }
  });
  say('220 sink');
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('message', () => process.send?.({ mails, bytes }));
process.on('disconnect', () => process.exit(0));

import { createSocket } from 'node:dgram';

const ANSWER_LIMIT_MS = 10_000;

/** An INVITE whose answer is never acknowledged, as from a telephone that lost its network. @returns the first final answer */
export function unacknowledged(port: number): Promise<{ readonly status: number }> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const over = (act: () => void): void => {
      clearTimeout(timer);
      socket.close();
      act();
    };
    const timer = setTimeout(() => over(() => reject(new Error('no final answer'))), ANSWER_LIMIT_MS);
    socket.on('message', (message) => {
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(message.toString('latin1'))?.[1]);
      if (status >= 200) over(() => resolve({ status }));
    });
    socket.bind(0, '127.0.0.1', () => {
      const own = `127.0.0.1:${socket.address().port}`;
      const id = `${process.pid}-${Date.now()}`;
      const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n`;
      const lines = [
        `INVITE sip:conference@127.0.0.1:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${id}`,
        'Max-Forwards: 70',
        `From: <sip:silent@127.0.0.1>;tag=${id}`,
        `To: <sip:conference@127.0.0.1:${port}>`,
        `Call-ID: ${id}@127.0.0.1`,
        'CSeq: 1 INVITE',
        `Contact: <sip:silent@${own}>`,
        'Content-Type: application/sdp',
        `Content-Length: ${sdp.length}`,
        '',
        sdp,
      ];
      socket.send(lines.join('\r\n'), port, '127.0.0.1');
    });
  });
}

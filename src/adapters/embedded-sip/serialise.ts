import { wireHeaderName } from './header-names.js';
import type { SipMessage } from './message.js';

/**
 * The bytes of a message (RFC 3261 section 7). Content-Length is always written, from the body; one among the headers is
 * passed over. Line breaks in texts of ours become spaces, so that no value can end its line.
 */
export function serialise(message: SipMessage): Buffer {
  const lines: string[] = [
    message.kind === 'request'
      ? `${message.method} ${oneLine(message.uri.raw)} SIP/2.0`
      : `SIP/2.0 ${message.status} ${oneLine(message.reason)}`,
  ];
  for (const { name, value } of message.headers) {
    if (name !== 'content-length') lines.push(`${wireHeaderName(name)}: ${oneLine(value)}`);
  }
  lines.push(`Content-Length: ${message.body.length}`, '', '');
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'utf8'), message.body]);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}

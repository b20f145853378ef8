/** Octets of a line, its end left out, at most (RFC 5545 section 3.1). */
const LONGEST_LINE = 75;

/**
 * Content lines of an iCalendar object, folded.
 * @param lines separated by CRLF
 */
export const folded = (lines: string): string => lines.split('\r\n').map(foldedLine).join('\r\n');

/** Cut between characters, never within one; what goes on begins with a blank, which counts. */
function foldedLine(line: string): string {
  if (Buffer.byteLength(line) <= LONGEST_LINE) return line;
  const parts: string[] = [];
  let octets = 0;
  let from = 0;
  for (let at = 0; at < line.length;) {
    const code = line.codePointAt(at) ?? 0;
    const more = octetsOf(code);
    if (octets + more > LONGEST_LINE) {
      parts.push(line.slice(from, at));
      from = at;
      octets = 1;
    }
    octets += more;
    at += code > 0xffff ? 2 : 1;
  }
  return [...parts, line.slice(from)].join('\r\n ');
}

/** Of a character in UTF-8. */
function octetsOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code > 0xffff ? 4 : 3;
}

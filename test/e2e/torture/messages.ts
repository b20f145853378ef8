/**
 * What a user agent server owes each message of RFC 4475, as that RFC describes it, to a bridge on which nobody has the
 * numbers dialled there. A status is the final answer; several are one for each request in the bytes sent.
 */
export interface TortureMessage {
  readonly name: string;
  /** Section of RFC 4475. */
  readonly section: string;
  readonly udp: number | 'silence';
  /** Where a stream makes a difference. */
  readonly tcp?: readonly number[];
  readonly because: string;
}

const of = (
  section: string,
  name: string,
  udp: number | 'silence',
  because: string,
  tcp?: readonly number[],
): TortureMessage => ({ section, name, udp, because, ...(tcp === undefined ? {} : { tcp }) });

export const MESSAGES: readonly TortureMessage[] = [
  // Valid messages
  of('3.1.1.1', 'wsinv', 481, 'valid however tortuous; its To tag names a call that is not there'),
  of('3.1.1.2', 'intmeth', 405, 'valid, of a method that nobody knows'),
  of('3.1.1.3', 'esc01', 404, 'valid; the user part is "sips:user@example.com", which nobody has'),
  of('3.1.1.4', 'escnull', 405, 'valid, a REGISTER'),
  of('3.1.1.5', 'esc02', 405, 'valid; "RE%47IST%45R" is no REGISTER but a method that nobody knows'),
  of('3.1.1.6', 'lwsdisp', 200, 'valid OPTIONS'),
  of('3.1.1.7', 'longreq', 404, 'valid, each of its values the longest'),
  of(
    '3.1.1.8',
    'dblreq',
    405,
    'a REGISTER; what follows in its datagram is ignored, in a stream it is an INVITE without Contact',
    [405, 400],
  ),
  of('3.1.1.9', 'semiuri', 200, 'valid OPTIONS'),
  of('3.1.1.10', 'transports', 200, 'valid OPTIONS'),
  of('3.1.1.11', 'mpart01', 405, 'valid MESSAGE, a method the bridge does not take'),
  of('3.1.1.12', 'unreason', 'silence', 'a valid response to nothing of ours'),
  of('3.1.1.13', 'noreason', 'silence', 'a valid response to nothing of ours'),
  // Invalid messages
  of('3.1.2.1', 'badinv01', 400, 'empty parameters in Via and Contact'),
  of('3.1.2.2', 'clerr', 400, 'longer by its own word than its datagram; in a stream more may come', []),
  of('3.1.2.3', 'ncl', 400, 'a negative length'),
  of('3.1.2.4', 'scalar02', 400, 'numbers out of range in a request'),
  of('3.1.2.5', 'scalarlg', 'silence', 'numbers out of range in a response'),
  of('3.1.2.6', 'quotbal', 400, 'a quotation without end in To'),
  of('3.1.2.7', 'ltgtruri', 400, 'a Request-URI in angle brackets'),
  of('3.1.2.8', 'lwsruri', 400, 'white space within the Request-URI'),
  of('3.1.2.9', 'lwsstart', 400, 'more than one space between the parts of the first line'),
  of('3.1.2.10', 'trws', 400, 'white space after the SIP version'),
  of('3.1.2.11', 'escruri', 400, 'headers in the Request-URI'),
  of('3.1.2.12', 'baddate', 404, 'a Date in another zone, which no one here needs: nobody has the number'),
  of('3.1.2.13', 'regbadct', 400, 'a Contact whose headers are not in angle brackets'),
  of('3.1.2.14', 'badaspec', 400, 'spaces within the brackets of To'),
  of('3.1.2.15', 'baddn', 400, 'a display name that needs quotation marks'),
  of('3.1.2.16', 'badvers', 505, 'a version of SIP to come'),
  of('3.1.2.17', 'mismatch01', 400, 'CSeq names another method'),
  of('3.1.2.18', 'mismatch02', 400, 'CSeq names another method than the unknown one'),
  of('3.1.2.19', 'bigcode', 'silence', 'a response with an impossible status'),
  // Transactions
  of('3.2.1', 'badbranch', 200, 'OPTIONS whose branch is the magic cookie alone: known by the rules of RFC 2543'),
  // Applications
  of('3.3.1', 'insuf', 400, 'no From, To, Call-ID'),
  of('3.3.2', 'unkscm', 416, 'a Request-URI of an unknown scheme'),
  of('3.3.3', 'novelsc', 416, 'a Request-URI of a known scheme that is not SIP'),
  of('3.3.4', 'unksm2', 405, 'unknown schemes in To and Contact of a REGISTER, which is not taken'),
  of('3.3.5', 'bext01', 420, 'extensions that nobody has'),
  of('3.3.6', 'invut', 415, 'a body of an unknown type'),
  of('3.3.7', 'regaut01', 405, 'an unknown scheme of Authorization in a REGISTER'),
  of('3.3.8', 'multi01', 400, 'single headers given twice'),
  of('3.3.9', 'mcl01', 400, 'two lengths'),
  of('3.3.10', 'bcast', 'silence', 'a response with a second Via: not for us'),
  of('3.3.11', 'zeromf', 200, 'Max-Forwards of zero has arrived where it is answered'),
  of('3.3.12', 'cparam01', 405, 'a REGISTER'),
  of('3.3.13', 'cparam02', 405, 'a REGISTER'),
  of('3.3.14', 'regescrt', 405, 'a REGISTER'),
  of('3.3.15', 'sdp01', 404, 'no SDP wanted in the answer, and a number nobody has'),
  // RFC 2543
  of('3.4.1', 'inv2543', 400, 'an INVITE as RFC 2543 had them: without Contact, which makes a call impossible since'),
];

/**
 * These have the branch and the sent-by of another message above, of the same method: to whoever has that one still in
 * mind they are its repetition, and get its answer (RFC 3261 section 17.2.3).
 */
export const REPETITIONS: ReadonlySet<string> = new Set(['novelsc', 'cparam02', 'regescrt']);

/** What over TCP comes of it. */
export function overTcp({ udp, tcp }: TortureMessage): readonly number[] {
  return tcp ?? (udp === 'silence' ? [] : [udp]);
}

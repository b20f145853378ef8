import { assertNever } from '../../domain/assert-never.js';
import type { Key } from '../../domain/keys.js';
import { header } from './headers.js';
import { KEY_BODY_TYPES, readInfo } from './info-keys.js';
import type { SipHeader, SipRequest } from './message.js';
import { mediaType } from './session-body.js';

/** What an INFO is answered with, and the key it brought. */
export interface InfoAnswer {
  readonly status: number;
  readonly headers: readonly SipHeader[];
  readonly key: Key | null;
}

const answer = (status: number, headers: readonly SipHeader[] = [], key: Key | null = null): InfoAnswer => ({
  ...{ status, headers, key },
});

/** An INFO within a call (RFC 6086, and the older way of keys without a package). */
export function answerInfo(request: SipRequest): InfoAnswer {
  // RFC 6086 section 4.2.2: "If the UA ... does not support the Info Package ... 469." Keys by INFO are older and have none.
  if (header(request, 'info-package') !== null) return answer(469, [{ name: 'recv-info', value: '' }]);
  const info = readInfo(mediaType(header(request, 'content-type')), request.body.toString('latin1'));
  switch (info.kind) {
    case 'key':
      return answer(200, [], info.key);
    case 'nothing':
      return answer(200);
    case 'malformed':
      return answer(400);
    case 'unsupported': {
      const optional = /;\s*handling\s*=\s*optional/i.test(header(request, 'content-disposition') ?? '');
      return optional ? answer(200) : answer(415, [{ name: 'accept', value: KEY_BODY_TYPES }]);
    }
    default:
      return assertNever(info);
  }
}

import type { Credentials } from '../../domain/access/digest.js';
import type { RequestParts } from './build.js';
import { authorizationFor, digestAnswers } from './invite-attempts.js';
import type { SipHeader, SipRequest } from './message.js';
import type { ClientTransaction, ClientTransactionUser } from './transaction-layer.js';

type Extras = Pick<RequestParts, 'headers' | 'body'>;
type Send = (extras: Extras, user: ClientTransactionUser) => ClientTransaction;

/**
 * A request within a dialog, sent again with the answer to each challenge that it meets (RFC 3261 section 22): a BYE that is refused
 * for want of a password leaves the call up at the far end. Bounded as the challenges of one call are.
 */
export class ChallengedRequest implements ClientTransaction {
  #current: ClientTransaction;
  #cancelled = false;

  /** @param send makes the request anew, with the next CSeq number. */
  constructor(credentials: Credentials, extras: Extras, user: ClientTransactionUser, send: Send) {
    const digest = digestAnswers(credentials);
    const start = (added: readonly SipHeader[]): ClientTransaction =>
      send(
        { ...extras, headers: [...(extras.headers ?? []), ...added] },
        {
          response: (response, peer) => {
            const answer = this.#cancelled ? null : authorizationFor(response, this.request, digest);
            if (answer === null) user.response(response, peer);
            else this.#current = start([...added.filter(({ name }) => name !== answer.name), answer]);
          },
          failed: (cause) => user.failed(cause),
        },
      );
    this.#current = start([]);
  }

  get request(): SipRequest {
    return this.#current.request;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#current.cancel();
  }
}

import type { DeliveryKind } from './store-deliveries.js';

/** What is sent to one recipient, in the forms that channels take their own from. */
export interface Message {
  /** Of the delivery; the same at every try, so that a receiver knows one that comes twice. */
  readonly id: string;
  readonly kind: DeliveryKind;
  readonly subject: string;
  /** Lines ended by `\n`. */
  readonly text: string;
  /** In a few words, as an SMS. */
  readonly short: string;
  /** For programs. */
  readonly json: object;
  /** An iCalendar object and its method (RFC 5546). */
  readonly calendar: { readonly method: string; readonly content: string } | null;
}

/** The receiver refused it and would again: it is given up. The message is one line without address and content. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

/** Nobody is there, or nobody who can be trusted, whatever the message: the others for that channel may as well wait. One line without address and content. */
export class ReceiverAway extends Error {
  override readonly name = 'ReceiverAway';
}

/** A way to people: mail, SMS, webhooks, files. */
export interface MessageChannel {
  /**
   * Resolves when the receiver has taken it, within 90 s.
   * @throws {MessageRefused}, {ReceiverAway}; any other error, one line without address and content: another try may do
   */
  send(address: string, message: Message): Promise<void>;
}

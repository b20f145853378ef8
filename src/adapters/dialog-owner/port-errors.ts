import { ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import { LegRefused } from '../../ports/mixer-legs.js';
import { CallGone, DialogLost, MediaOfferRefused, MediaOfferTooSoon, ReofferRefused } from '../../ports/signaling.js';

/** Codes of the ports' errors on the wire; the data of those with a SIP status are that status. */
const CODE = {
  other: 1,
  callGone: 2,
  dialogLost: 3,
  reofferRefused: 4,
  mediaOfferRefused: 5,
  legRefused: 6,
  fatal: 7,
  mediaOfferTooSoon: 8,
} as const;

/** The request as a whole cannot be served, and trying again does not help. */
export class Fatal extends Error {
  override readonly name = 'Fatal';
}

/** The connection broke before there was an answer. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** An error of a port as it goes over the wire. */
export function toWire(error: unknown): ResponseError<number> {
  const message = error instanceof Error ? error.message : 'failed';
  if (error instanceof CallGone) return new ResponseError(CODE.callGone, message);
  if (error instanceof DialogLost) return new ResponseError(CODE.dialogLost, message);
  if (error instanceof MediaOfferRefused) return new ResponseError(CODE.mediaOfferRefused, message);
  if (error instanceof MediaOfferTooSoon) return new ResponseError(CODE.mediaOfferTooSoon, message);
  if (error instanceof ReofferRefused) return new ResponseError(CODE.reofferRefused, message, error.status);
  if (error instanceof LegRefused) return new ResponseError(CODE.legRefused, message, error.status);
  if (error instanceof Fatal) return new ResponseError(CODE.fatal, message);
  return new ResponseError(CODE.other, message);
}

/** The error that {@link toWire} was given, or {@link ConnectionLost}. */
export function fromWire(error: unknown): Error {
  if (!(error instanceof ResponseError)) return new ConnectionLost(error instanceof Error ? error.message : 'failed');
  const status = typeof error.data === 'number' ? error.data : 500;
  switch (error.code) {
    case CODE.callGone:
      return new CallGone(error.message);
    case CODE.dialogLost:
      return new DialogLost(error.message);
    case CODE.mediaOfferRefused:
      return new MediaOfferRefused(error.message);
    case CODE.mediaOfferTooSoon:
      return new MediaOfferTooSoon(error.message);
    case CODE.reofferRefused:
      return new ReofferRefused(status);
    case CODE.legRefused:
      return new LegRefused(status);
    case CODE.fatal:
      return new Fatal(error.message);
    // The wire's own: what was asked could not be written, or nobody is there any more to answer it.
    case ErrorCodes.MessageWriteError:
    case ErrorCodes.PendingResponseRejected:
    case ErrorCodes.ConnectionInactive:
      return new ConnectionLost(error.message);
    default:
      return new Error(error.message);
  }
}

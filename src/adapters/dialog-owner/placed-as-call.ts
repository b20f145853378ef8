import { CallGone, type PlacedCall, type PlaceRequest, type SignalingCall } from '../../ports/signaling.js';
import type { CallFacts } from './protocol.js';

/** Who is called, in the words of a call that came in: numbers are those we dialled, the source is the trunk. */
export function factsOfPlaced(
  { target, user, callerNumber }: PlaceRequest,
  { sipCallId }: Pick<PlacedCall, 'sipCallId'>,
): Omit<CallFacts, 'id' | 'handle'> {
  return {
    sipCallId,
    source: { transport: target.transport, address: target.host, port: target.port },
    requestUser: user,
    toUser: user,
    requestHost: target.host,
    callerNumber,
    callerName: null,
    offer: null,
  };
}

/** A placed call as the other calls are held. */
export function placedAsCall(placed: PlacedCall, request: PlaceRequest): SignalingCall {
  return {
    ...factsOfPlaced(request, placed),
    id: placed.id,
    handle: placed.handle,
    // It is theirs to answer.
    ring: () => undefined,
    answer: () => Promise.reject(new CallGone('a call of ours is answered by the far end')),
    refuse: () => undefined,
    hangUp: () => placed.hangUp(),
    reoffer: (sdp) => placed.reoffer(sdp),
    probe: () => placed.probe(),
  };
}

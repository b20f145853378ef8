import { tone } from '../prompts.js';
import { isRunning } from '../timers.js';
import { cancelTimer, setTimer, tell, update, type Turn } from './turn.js';

/** Within so long the hosts hear one discreet tone, whatever happens. */
const APART_MS = 4_000;

/** Something happened that only the hosts need to know: they hear a discreet tone, at once or with the next things that happen. */
export function signalHosts(turn: Turn): void {
  if (isRunning(turn.facts.timers, 'signal')) {
    update(turn, { signalOwed: true });
    return;
  }
  const hosts = turn.facts.members.filter(
    ({ role, phase }) => role === 'host' && (phase === 'in' || phase === 'aside'),
  );
  if (hosts.length === 0) return;
  for (const { callId } of hosts) tell(turn, callId, [tone('discreet')]);
  setTimer(turn, 'signal', APART_MS);
}

/** The time is over: one tone for all that happened meanwhile. */
export function signalOwed(turn: Turn): void {
  const { signalOwed: owed } = turn.facts;
  update(turn, { signalOwed: false });
  if (owed) signalHosts(turn);
}

/** No host is in the room. */
export function forgetSignals(turn: Turn): void {
  cancelTimer(turn, 'signal');
  update(turn, { signalOwed: false });
}

import type { CallId } from '../identifiers.js';
import { say, tone } from '../prompts.js';
import { secondsToMs } from '../timers.js';
import type { Actor } from './actor.js';
import { tellEveryone } from './everyone.js';
import { closeMenu, openMenu } from './menus.js';
import { present } from './presence.js';
import type { ConferenceFacts } from './state.js';
import { cancelTimer, playToRoom, setTimer, tell, update, type Turn } from './turn.js';

/** What those who come in are to know before they are in. */
export const isRecorded = ({ recording }: ConferenceFacts): boolean => recording !== 'off';

/** `*2`: stops it at once; starting wants a `1`. Only from within: there must be something to record. */
export function toggleRecording(turn: Turn, { callId, phase }: Actor): void {
  if (isRecorded(turn.facts)) {
    stop(turn);
    tellEveryone(turn, 'recording', [say('recording-stopped')]);
  } else if (phase === 'in') openMenu(turn, callId, { kind: 'confirm-recording' }, [say('confirm-recording')], ['1']);
  else tell(turn, callId, [tone('refused')]);
}

/** Another host may have been quicker. */
export function recordingConfirmed(turn: Turn, host: CallId): void {
  if (isRecorded(turn.facts)) {
    closeMenu(turn, host, [say('is-recorded')]);
    return;
  }
  closeMenu(turn, host, []);
  start(turn);
}

/** The first host is in: where the account wants it, recording begins by itself. */
export function recordAutomatically(turn: Turn): void {
  if (turn.facts.options.recording === 'automatic' && !isRecorded(turn.facts)) start(turn);
}

/** Everyone hears it: the room together, those on the way in each by himself, before they are in. */
function start(turn: Turn): void {
  update(turn, { recording: 'on' });
  turn.effects.push({ type: 'StartRecording', announcements: turn.facts.options.recordAnnouncements });
  tellEveryone(turn, 'recording', [say('recording-started')]);
  beepLater(turn);
}

function stop(turn: Turn): void {
  cancelTimer(turn, 'beep');
  update(turn, { recording: 'off' });
  turn.effects.push({ type: 'StopRecording' });
}

/** Under `hold` nobody is in the room: the time is left out. */
export function pauseRecording(turn: Turn): void {
  if (turn.facts.recording !== 'on') return;
  cancelTimer(turn, 'beep');
  update(turn, { recording: 'paused' });
  turn.effects.push({ type: 'PauseRecording' });
}

/** The host is back. */
export function resumeRecording(turn: Turn): void {
  if (turn.facts.recording !== 'paused') return;
  update(turn, { recording: 'on' });
  turn.effects.push({ type: 'ResumeRecording' });
  beepLater(turn);
}

/** The conference is over. */
export function endRecording(turn: Turn): void {
  if (isRecorded(turn.facts)) stop(turn);
}

/** It came to nothing or broke off: all hear that it has stopped, the hosts that this was not their doing. */
export function recordingFailed(turn: Turn): void {
  if (!isRecorded(turn.facts)) return;
  cancelTimer(turn, 'beep');
  update(turn, { recording: 'off' });
  tellEveryone(turn, 'recording', [say('recording-stopped')]);
  const hosts = present(turn.facts).filter(({ role }) => role === 'host');
  for (const { callId } of hosts) tell(turn, callId, [say('recording-failed')]);
}

/** Where the account wants it, the room is reminded from time to time. */
export function recordingBeep(turn: Turn): void {
  if (turn.facts.recording !== 'on') return;
  if (turn.facts.members.some(({ phase }) => phase === 'in')) playToRoom(turn, [tone('recording')]);
  beepLater(turn);
}

function beepLater(turn: Turn): void {
  const { recordBeepSeconds } = turn.facts.options;
  if (recordBeepSeconds !== null) setTimer(turn, 'beep', secondsToMs(Math.max(recordBeepSeconds, 1)));
}

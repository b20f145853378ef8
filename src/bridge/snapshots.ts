import type { CallState } from '../domain/call-flow/machine.js';
import type { ConferenceState } from '../domain/conference/machine.js';
import type { MixerName } from '../ports/media.js';
import type { CallIdentity, PlacedFor } from './attempt.js';
import type { CallMemory } from './call-memory.js';
import type { ConferenceMemory } from './conference-memory.js';
import { callFromVersion1, conferenceFromVersion1 } from './snapshot-upgrade.js';
import { callFromVersion2, conferenceFromVersion2 } from './snapshot-upgrade-2.js';

/** Of what is written below. Those before are read too; of others nothing is known, and their calls are let go. */
const VERSION = 3;

/** A call as it is stored. Without its SDP, which may hold keys: the signalling tells it again. */
export interface CallSnapshot {
  readonly identity: CallIdentity;
  /** What the signalling takes it back by. */
  readonly handle: string;
  readonly label: string;
  /** `null`: it was being set up. */
  readonly memory: CallMemory | null;
  /** What the media take its endpoint back by, or `null`: it is to be moved. */
  readonly endpoint: string | null;
  readonly conferenceRecordId: number | null;
  /** A call of ours that nobody can take back: what its record needs. */
  readonly placedFor: PlacedFor | null;
}

/** A conference as it is stored. */
export interface ConferenceSnapshot {
  readonly memory: ConferenceMemory;
  readonly mixer: MixerName | null;
}

export const writeSnapshot = (snapshot: CallSnapshot | ConferenceSnapshot): string =>
  JSON.stringify({ version: VERSION, ...snapshot });

/** @throws Error with one line that says what is wrong and nothing of the content. */
export function readCall(id: string, data: string): CallSnapshot {
  const {
    identity,
    handle,
    label,
    memory,
    endpoint,
    conferenceRecordId,
    placedFor = null,
  } = parse(data, [callFromVersion1, callFromVersion2]);
  check('identity', isObject(identity) && identity['id'] === id && areTexts(identity, ['sipCallId', 'dialled']));
  check('identity', isObject(identity) && isTime(identity['startedAt']));
  check('handle', isText(handle) && isText(label));
  check('endpoint', endpoint === null || isText(endpoint));
  check('conference record', conferenceRecordId === null || Number.isInteger(conferenceRecordId));
  check('account', placedFor === null || (isObject(placedFor) && isAdmission(placedFor['admission'])));
  if (memory !== null) {
    check('memory', isObject(memory) && isTime(memory['answeredAt']) && areTimers(memory['timers']));
    check('state', isObject(memory) && isState(memory['state'], CALL_STAGES, 'callId', id));
    check('media', isObject(memory) && isObject(memory['media']) && typeof memory['media']['inband'] === 'boolean');
    check('PIN', isObject(memory) && isKeyed(memory['keyed'] ?? null));
    check('volumes', isObject(memory) && isObject(memory['media']) && isObject(memory['media']['gains']));
  }
  return { identity, handle, label, memory, endpoint, conferenceRecordId, placedFor } as CallSnapshot;
}

/** @throws Error with one line that says what is wrong and nothing of the content. */
export function readConference(id: string, data: string): ConferenceSnapshot {
  const { memory, mixer } = parse(data, [conferenceFromVersion1, conferenceFromVersion2]);
  check('memory', isObject(memory) && memory['id'] === id && areTexts(memory, ['accountId', 'mark']));
  check('timers', isObject(memory) && areTimers(memory['timers']) && Array.isArray(memory['playing']));
  check('state', isObject(memory) && isState(memory['state'], CONFERENCE_STAGES, 'conferenceId', id));
  check('names', isObject(memory) && Array.isArray(memory['names']) && Array.isArray(memory['measuring']));
  check('recording', isObject(memory) && isObject(memory['recording']));
  check('booking', isObject(memory) && isBooked(memory['booking']));
  check('security code', isObject(memory) && isHeldCode(memory['securityCode']));
  check('mixer', mixer === null || isText(mixer));
  return { memory, mixer } as unknown as ConferenceSnapshot;
}

const CALL_STAGES: Readonly<Record<CallState['kind'], readonly string[]>> = {
  Ringing: [],
  Placed: ['admission', 'room'],
  Settling: [],
  Greeting: [],
  CollectingPin: ['digits'],
  CheckingPin: ['lookupId'],
  ChoosingRole: ['admission'],
  CollectingCode: ['code', 'admission', 'digits'],
  CheckingCode: ['code', 'admission', 'lookupId'],
  LookingAtGate: ['admission'],
  AskingName: ['admission', 'takes'],
  RecordingName: ['admission', 'takes'],
  ReviewingName: ['admission', 'takes'],
  Requesting: ['admission'],
  Waiting: ['admission', 'speech', 'menu'],
  Joining: ['admission', 'room', 'speech', 'phase'],
  InConference: ['admission', 'room', 'speech', 'menu'],
  Leaving: ['outcome'],
  Ended: ['outcome'],
};

const CONFERENCE_STAGES: Readonly<Record<ConferenceState['kind'], readonly string[]>> = {
  Empty: [],
  WaitingForHost: [],
  InSession: [],
  HostAway: ['graceOver'],
  Closing: ['lastWords'],
  Closed: ['outcome'],
};

type Fields = Readonly<Record<string, unknown>>;

/** @param upgrades each from one version to the next, from version 1 on */
function parse(data: string, upgrades: readonly ((content: Fields) => Fields)[]): Fields {
  let content: unknown;
  try {
    content = JSON.parse(data);
  } catch {
    throw new Error('it is not JSON');
  }
  const version = isObject(content) ? Number(content['version']) : NaN;
  check('version', Number.isInteger(version) && version >= 1 && version <= VERSION);
  return upgrades.slice(version - 1).reduce((older, upgrade) => upgrade(older), content as Fields);
}

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`its ${what} cannot be read`);
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isHeldCode = (value: unknown): boolean =>
  value === null || (isObject(value) && (value['hash'] === null || isText(value['hash'])));
const isKeyed = (value: unknown): boolean =>
  value === null ||
  (isObject(value) &&
    isText(value['hash']) &&
    (value['startsAt'] === null || isTime(value['startsAt'])) &&
    (value['moderator'] === null || isText(value['moderator'])));
const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const areTexts = (fields: Fields, names: readonly string[]): boolean => names.every((name) => isText(fields[name]));

const isBooked = (value: unknown): boolean =>
  value === null || (isObject(value) && isText(value['id']) && isTime(value['startsAt']) && isTime(value['endsAt']));

const isAdmission = (value: unknown): boolean =>
  isObject(value) && areTexts(value, ['accountId', 'role']) && isBooked(value['booking']);

const areTimers = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((timer) => isObject(timer) && areTexts(timer, ['name', 'id']) && isTime(timer['due']));

/** Whether it is a state of one of these stages, with what the stage has, of the machine of this name. */
function isState(state: unknown, stages: Readonly<Record<string, readonly string[]>>, name: string, id: string) {
  if (!isObject(state) || !isText(state['kind']) || !isObject(state['facts'])) return false;
  const { facts } = state;
  const wanted = Object.hasOwn(stages, state['kind']) ? stages[state['kind']] : undefined;
  if (wanted === undefined || facts[name] !== id || !isObject(facts['timers'])) return false;
  return isObject(facts['timers']['running']) && wanted.every((field) => state[field] !== undefined);
}

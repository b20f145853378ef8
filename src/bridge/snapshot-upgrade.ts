import { startCall } from '../domain/call-flow/machine.js';
import { DEFAULT_CONFERENCE_OPTIONS, DEFAULT_ENTRY_OPTIONS } from '../domain/conference-options.js';
import { startConference } from '../domain/conference/machine.js';
import type { CallId, ConferenceId } from '../domain/identifiers.js';
import { freshMemory } from './call-memory.js';
import { NOTHING } from './media-state.js';
import { NOT_RECORDED } from './room-recording.js';

/*
 * Snapshots of version 1, before names, menus, lobby, recording and calls placed: what they know goes on, what came since is as it is
 * for a call or conference that is new. Their content is as unchecked afterwards as before.
 */

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function callFromVersion1(call: Fields): Fields {
  const { identity, memory } = call;
  return {
    ...call,
    identity: { direction: 'in', ...fields(identity) },
    memory: memory === null ? null : callMemory(fields(memory)),
  };
}

function callMemory(memory: Fields): Fields {
  const state = fields(memory['state']);
  const facts = fields(state['facts']);
  const entry = { ...DEFAULT_ENTRY_OPTIONS, ...fields(facts['entry']) };
  const fresh = freshMemory('' as CallId, entry, 0);
  return {
    ...fresh,
    ...memory,
    admission: memory['admission'] === null ? null : admission(memory['admission']),
    media: { ...NOTHING, ...fields(memory['media']) },
    state: { ...callStage(state), facts: { ...startCall({ callId: '' as CallId, entry }).facts, ...facts, entry } },
  };
}

function callStage(stage: Fields): Fields {
  if (stage['admission'] === undefined) return stage;
  const admitted = { ...stage, admission: admission(stage['admission']) };
  const room = fields(stage['admission'])['conferenceId'];
  switch (stage['kind']) {
    case 'Waiting':
      return { ...admitted, menu: null };
    case 'Joining':
      return { ...admitted, room, menu: null, menuWords: [] };
    case 'InConference':
      // The only menu there was asked for one more hash.
      return { ...admitted, room, menu: stage['menu'] === null ? null : { kind: 'confirm-end', over: null } };
    default:
      return admitted;
  }
}

const admission = (known: unknown): Fields => ({
  ...{ byAccessCode: false, securityCode: false, blocked: false },
  ...fields(known),
  options: { ...DEFAULT_CONFERENCE_OPTIONS, ...fields(fields(known)['options']) },
});

export function conferenceFromVersion1(conference: Fields): Fields {
  const memory = fields(conference['memory']);
  const state = fields(memory['state']);
  const facts = fields(state['facts']);
  const reason = state['kind'] === 'HostAway' ? 'host-away' : 'no-host';
  return {
    ...conference,
    memory: {
      ...{ measuring: [], names: [], recording: NOT_RECORDED, securityCode: null },
      ...memory,
      state: {
        ...state,
        facts: {
          ...startConference({ conferenceId: '' as ConferenceId }).facts,
          ...facts,
          options: { ...DEFAULT_CONFERENCE_OPTIONS, ...fields(facts['options']) },
          members: list(facts['members']).map((one) => ({
            name: null,
            lineHeld: false,
            toldMuted: false,
            ...fields(one),
          })),
          waiting: list(facts['waiting']).map((one) => ({
            name: null,
            lineHeld: false,
            reason,
            screened: 0,
            ...fields(one),
          })),
        },
      },
    },
  };
}

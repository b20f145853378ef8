/*
 * Snapshots of version 2, before bookings: what they know goes on, and none of it is an occurrence of a booking. Their content is as
 * unchecked afterwards as before.
 */

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** With an admission in it, or none. */
const withAdmission = (holder: Fields): Fields =>
  typeof holder['admission'] !== 'object' || holder['admission'] === null
    ? holder
    : { ...holder, admission: { ...fields(holder['admission']), booking: null } };

export function callFromVersion2(call: Fields): Fields {
  const { memory, placedFor } = call;
  const upgraded = typeof memory === 'object' && memory !== null ? callMemory(fields(memory)) : memory;
  return {
    ...call,
    memory: upgraded,
    ...(typeof placedFor === 'object' && placedFor !== null ? { placedFor: withAdmission(fields(placedFor)) } : {}),
  };
}

const callMemory = (memory: Fields): Fields => ({
  ...withAdmission(memory),
  state: withAdmission(fields(memory['state'])),
});

export function conferenceFromVersion2(conference: Fields): Fields {
  const memory = fields(conference['memory']);
  const state = fields(memory['state']);
  return {
    ...conference,
    memory: { ...memory, booking: null, state: { ...state, facts: { ...fields(state['facts']), endsAt: null } } },
  };
}

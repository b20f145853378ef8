/** Who sits in which room of a mixer. */
export interface Member {
  /** As the mixer names it. */
  readonly room: string;
  readonly member: string;
  /** Not muted. */
  readonly speaks: boolean;
}

/** What a room's recording is written to. */
export interface RecordingThere {
  readonly path: string;
  readonly paused: boolean;
  /** Seconds since the epoch. */
  readonly startedAt: number;
}

export interface RoomThere {
  readonly name: string;
  /** By the uuids of their channels. */
  readonly members: ReadonlyMap<string, Member>;
  readonly recordings: readonly RecordingThere[];
  /** By name. */
  variable(name: string): string;
}

/** Something that takes commands: a line, or an event socket. */
export interface Asked {
  api(command: string, timeoutMs?: number): Promise<string>;
}

/** All rooms. @throws {MixerUnreachable} */
export async function roomsOf(mixer: Asked): Promise<readonly RoomThere[]> {
  return list(await mixer.api('conference json_list')).map((room) => roomOf(room));
}

/** Members of all rooms by the uuid of their channels. */
export function membersOf(rooms: readonly RoomThere[]): ReadonlyMap<string, Member> {
  return new Map(rooms.flatMap(({ members }) => [...members]));
}

function roomOf(room: unknown): RoomThere {
  const name = text(room, 'conference_name');
  const members = new Map<string, Member>();
  const recordings: RecordingThere[] = [];
  for (const one of arrayIn(room, 'members')) {
    const uuid = text(one, 'uuid');
    const speaks = fieldOf(fieldOf(one, 'flags'), 'can_speak') !== false;
    if (uuid !== '') members.set(uuid, { room: name, member: text(one, 'id'), speaks });
    if (text(one, 'type') !== 'recording_node') continue;
    const startedAt = Number(text(one, 'join_time'));
    recordings.push({ path: text(one, 'record_path'), paused: text(one, 'status') === 'paused', startedAt });
  }
  return { name, members, recordings, variable: (variable) => text(fieldOf(room, 'variables'), variable) };
}

/** Uuids of all channels. @throws {MixerUnreachable} */
export async function channelsOf(mixer: Asked): Promise<readonly string[]> {
  const answer = await mixer.api('show channels as json');
  return arrayIn(parsed(answer), 'rows')
    .map((row) => text(row, 'uuid'))
    .filter((uuid) => uuid !== '');
}

/** Without rooms the mixer says so in words. */
function list(answer: string): readonly unknown[] {
  const value = parsed(answer);
  return Array.isArray(value) ? value : [];
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return null;
  }
}

function arrayIn(value: unknown, name: string): readonly unknown[] {
  const inner = fieldOf(value, name);
  return Array.isArray(inner) ? inner : [];
}

function text(value: unknown, name: string): string {
  const inner = fieldOf(value, name);
  return typeof inner === 'string' || typeof inner === 'number' ? String(inner) : '';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

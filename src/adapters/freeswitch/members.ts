/** Who sits in which room of a mixer. */
export interface Member {
  /** As the mixer names it. */
  readonly room: string;
  readonly member: string;
}

/** Something that takes commands: a line, or an event socket. */
export interface Asked {
  api(command: string, timeoutMs?: number): Promise<string>;
}

/** Members of all rooms by the uuid of their channels. @throws {MixerUnreachable} */
export async function membersOf(mixer: Asked): Promise<ReadonlyMap<string, Member>> {
  const found = new Map<string, Member>();
  for (const room of list(await mixer.api('conference json_list'))) {
    const name = text(room, 'conference_name');
    for (const member of arrayIn(room, 'members')) {
      const uuid = text(member, 'uuid');
      if (uuid !== '') found.set(uuid, { room: name, member: text(member, 'id') });
    }
  }
  return found;
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

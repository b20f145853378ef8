import type { ConferenceId } from '../../domain/identifiers.js';
import type { WorkerSlot } from './worker-team.js';

/** Which worker each room lives on, and who is in or on the way in. The first to join decides. */
export class RoomRegistry {
  private readonly rooms = new Map<ConferenceId, { readonly slot: WorkerSlot; readonly members: Set<object> }>();

  /** Enters a room and tells where it lives: on `slot` if it begins with this member. */
  enter(room: ConferenceId, member: object, slot: WorkerSlot): WorkerSlot {
    const known = this.rooms.get(room);
    if (known !== undefined) {
      known.members.add(member);
      return known.slot;
    }
    this.rooms.set(room, { slot, members: new Set([member]) });
    return slot;
  }

  /** Leaves a room; nothing when not in it. */
  leave(room: ConferenceId, member: object): void {
    const known = this.rooms.get(room);
    if (known === undefined) return;
    known.members.delete(member);
    if (known.members.size === 0) this.rooms.delete(room);
  }

  /** Where the room lives, `null` where there is none. */
  find(room: ConferenceId): WorkerSlot | null {
    return this.rooms.get(room)?.slot ?? null;
  }

  on(slot: WorkerSlot): number {
    let count = 0;
    for (const room of this.rooms.values()) if (room.slot === slot) count += 1;
    return count;
  }
}

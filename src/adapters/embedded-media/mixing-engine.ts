import type { EndpointHandle, MeasuredLeg, PlayOrder, WorkerEvent } from './protocol.js';
import { RecordingTap } from './recording-tap.js';
import { Room } from './room.js';
import type { Session } from './session.js';

/**
 * The legs and rooms of one worker, moved by explicit ticks: first every caller is heard, then the rooms are mixed,
 * then every caller is sent his frame, always in the same order.
 */
export class MixingEngine {
  private readonly sessions = new Map<EndpointHandle, Session>();
  private readonly rooms = new Map<string, Room>();
  private readonly places = new Map<Session, Room>();
  private readonly tell: (event: WorkerEvent) => void;

  constructor(tell: (event: WorkerEvent) => void) {
    this.tell = tell;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Adds a leg; into its room, where its descriptor names one. */
  add(session: Session): void {
    const { handle, room, muted } = session.descriptor;
    this.sessions.set(handle, session);
    if (room !== null) this.join(handle, room, muted);
  }

  find(handle: EndpointHandle): Session | null {
    return this.sessions.get(handle) ?? null;
  }

  /** Takes a leg out of its room and off the ticks; closing it is the caller's. */
  remove(handle: EndpointHandle): Session | null {
    const session = this.sessions.get(handle) ?? null;
    if (session === null) return null;
    this.leave(handle);
    this.sessions.delete(handle);
    return session;
  }

  join(handle: EndpointHandle, roomName: string, muted: boolean): void {
    const session = this.sessions.get(handle);
    if (session === undefined) return;
    if (this.places.get(session)?.name === roomName) {
      session.mute(muted);
      return;
    }
    this.leave(handle);
    session.enterRoom(muted);
    let room = this.rooms.get(roomName);
    if (room === undefined) {
      room = new Room(roomName, (playId, outcome) => {
        this.tell({ type: 'roomPlayFinished', room: roomName, playId, outcome });
      });
      this.rooms.set(roomName, room);
    }
    room.add(session);
    this.places.set(session, room);
  }

  leave(handle: EndpointHandle): void {
    const session = this.sessions.get(handle);
    const room = session && this.places.get(session);
    if (session === undefined || room === undefined) return;
    this.places.delete(session);
    room.remove(session);
    session.leaveRoom();
    if (room.size > 0) return;
    const recording = room.close();
    this.rooms.delete(room.name);
    if (recording !== null) this.tell({ type: 'roomRecordingEnded', recording });
  }

  playToRoom(roomName: string, order: PlayOrder): void {
    const room = this.rooms.get(roomName);
    if (room !== undefined) room.play(order);
    else this.tell({ type: 'roomPlayFinished', room: roomName, playId: order.playId, outcome: 'failed' });
  }

  roomSize(roomName: string): number {
    return this.rooms.get(roomName)?.size ?? 0;
  }

  /** So many samples of what the room hears are told from now on. @throws Error with one clear line. */
  recordRoom(roomName: string, recording: number, samples: number, plays: boolean): void {
    const room = this.rooms.get(roomName);
    if (room === undefined) throw new Error('there is no such room');
    const tap = new RecordingTap(samples, (recorded) => {
      this.tell({ type: 'roomRecorded', recording, samples: recorded });
    });
    room.record({ recording, tap, plays, paused: false });
  }

  pauseRoomRecording(roomName: string, recording: number, paused: boolean): void {
    this.rooms.get(roomName)?.pauseRecording(recording, paused);
  }

  stopRoomRecording(roomName: string, recording: number): void {
    this.rooms.get(roomName)?.stopRecording(recording);
  }

  measureRoom(roomName: string): readonly MeasuredLeg[] {
    return this.rooms.get(roomName)?.measure() ?? [];
  }

  /** @param skipped ticks left out before this one. */
  tick(nowMs: number, skipped: number): void {
    for (const session of this.sessions.values()) {
      try {
        if (skipped > 0) session.skip(skipped);
        session.hear(nowMs);
      } catch (error) {
        this.fail(session, error, nowMs);
      }
    }
    for (const room of this.rooms.values()) {
      if (skipped > 0) room.skip(skipped);
      room.tick();
    }
    for (const session of this.sessions.values()) {
      try {
        session.speak(this.places.has(session) ? session.member.output : null, nowMs);
      } catch (error) {
        this.fail(session, error, nowMs);
      }
    }
  }

  /** What goes wrong with one leg ends that leg alone. */
  private fail(session: Session, error: unknown, nowMs: number): void {
    const { handle } = session.descriptor;
    if (this.sessions.get(handle) !== session) return;
    this.remove(handle);
    session.close(nowMs);
    this.tell({ type: 'legFailed', handle, reason: error instanceof Error ? error.message : String(error) });
  }
}

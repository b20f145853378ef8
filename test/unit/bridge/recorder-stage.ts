import { RoomRecorder } from '../../../src/bridge/room-recorder.js';
import { NOT_RECORDED, type RoomRecording } from '../../../src/bridge/room-recording.js';
import { accountId, callId, conferenceId } from '../../../src/domain/identifiers.js';
import { FakeMedia } from '../../fakes/fake-media.js';
import { FakeRecordings } from '../../fakes/fake-recordings.js';
import { ManualClock } from '../../fakes/manual-clock.js';

export const ROOM = conferenceId('a1');
/** What the room hears is not recorded. */
export const NOT_THEN = { announcements: false };

/** One room with its recorder, and what that told. */
export class RecorderStage {
  readonly clock = new ManualClock();
  readonly media = new FakeMedia();
  readonly recordings = new FakeRecordings();
  readonly lines: string[] = [];
  /** How often the conference was told, and how often it was counted. */
  failures = 0;
  counted = 0;
  roomFree: Promise<void> | null = null;
  recorder = this.make();

  /** A recorder as one process has it. */
  make(memory: RoomRecording = NOT_RECORDED): RoomRecorder {
    const { clock, media, recordings, lines } = this;
    const line = (fields: unknown, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
    return new RoomRecorder(memory, {
      ...{ clock, media, recordings },
      conferenceId: ROOM,
      accountId: accountId('a1'),
      recordId: () => 4,
      log: { debug: line, info: line, warn: line, error: line },
      changed: () => undefined,
      failed: () => {
        this.failures += 1;
      },
      recordingFailed: () => {
        this.counted += 1;
      },
      roomFree: () => this.roomFree,
    });
  }

  async enter(name = 'c1', mixer?: string): Promise<void> {
    const label = { offer: 'v=0', remoteAddress: '192.0.2.1', label: '' };
    const endpoint = await this.media.createEndpoint({
      callId: callId(name),
      ...label,
      ...(mixer === undefined ? {} : { mixer }),
    });
    await endpoint.join(ROOM, { muted: false });
  }

  sealed(): readonly string[] {
    return this.recordings.sealed.map(({ id }) => id);
  }
}

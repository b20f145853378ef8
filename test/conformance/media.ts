import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { describeEnding } from './media-ending.js';
import { describeKeys } from './media-keys.js';
import { describeLines } from './media-lines.js';
import { describeNegotiation } from './media-negotiation.js';
import { describePlaying } from './media-playing.js';
import { describeRecording } from './media-recording.js';
import { describeRoomRecording } from './media-room-recording.js';
import { describeRooms } from './media-rooms.js';
import { MediaRun } from './media-kit.js';
import { MediaSuite, type MediaUnderTest } from './media-suite.js';
import { describeVolumes } from './media-volumes.js';

/** What every adapter of the media port does, heard over loopback RTP by telephones that speak tones. */
export function describeMedia(name: string, factory: () => MediaUnderTest): void {
  const { media, lacks = [] } = factory();
  const suite = new MediaSuite(lacks);

  // Real time on a machine that others use too: what a moment of theirs spoils is heard again.
  describe(`media: ${name}`, { retry: 2 }, () => {
    beforeAll(async () => {
      suite.run = await MediaRun.start(media);
    });

    afterEach(async () => {
      await suite.run.clear();
    });

    afterAll(async () => {
      await suite.run.stop();
    });

    describePlaying(suite);
    describeRooms(suite);
    describeKeys(suite);
    describeRecording(suite);
    describeVolumes(suite);
    describeLines(suite);
    describeRoomRecording(suite);
    describeNegotiation(suite);
    describeEnding(suite);
  });
}

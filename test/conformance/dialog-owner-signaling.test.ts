import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { OwnedSignaling } from '../../src/adapters/dialog-owner/owned-signaling.js';
import { describeProduction, productionDirectory, useDrachtio } from '../production.js';
import { DialogOwnerProcess } from './dialog-owner-process.js';
import { describeSignaling } from './signaling.js';

// drachtio-server keeps to the times of RFC 3261.
const timers = { t1: 500, t2: 4_000, t4: 5_000 };

describeProduction('a dialog owner at drachtio-server', () => {
  const directory = productionDirectory();
  const server = useDrachtio(directory);
  let owner: DialogOwnerProcess;

  beforeAll(async () => {
    owner = new DialogOwnerProcess(join(directory, 'owner'), server());
    await owner.start();
  });
  afterAll(() => owner.end('SIGTERM'));

  describeSignaling('dialog owner', () => ({
    signaling: new OwnedSignaling({ socket: owner.socket, sources: () => ['127.0.0.1'] }),
    timers,
    forks: false,
  }));
});

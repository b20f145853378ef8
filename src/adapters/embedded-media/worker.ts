import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerData } from './protocol.js';
import { WorkerHost } from './worker-host.js';

/** Entry of a media worker: messages in, messages out, and a heartbeat as long as the event loop turns. */
const HEARTBEAT_MS = 20;

/** Nice value of a media thread: audio goes before everything else of this process. */
const PRIORITY = -10;

/** On Linux 0 is the calling thread, not the process; without the right to it (CAP_SYS_NICE) the thread runs like all others. */
function goFirst(): void {
  try {
    setPriority(0, PRIORITY);
  } catch {
    // As said.
  }
}

const port = parentPort;
if (port !== null) {
  goFirst();
  const { heartbeat } = workerData as WorkerData;
  const beats = new Int32Array(heartbeat);
  const post = (message: FromWorker): void => port.postMessage(message);
  const host = new WorkerHost(post);
  port.on('message', (message: ToWorker) => host.take(message));
  setInterval(() => Atomics.add(beats, 0, 1), HEARTBEAT_MS);
  post({ type: 'ready' });
}

// Loaded into the bridge under measurement (`node --expose-gc --import`): collects garbage and tells the heap when asked over the
// channel of the parent process. Threads that Node.js loads it into answer too; the resident memory counts all of them.
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const channel = new BroadcastChannel('partyline-bench');
channel.unref();

function measure() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { threadId, heapUsed, external, arrayBuffers };
}

if (isMainThread) {
  let answers = [];
  channel.onmessage = ({ data }) => {
    if (data !== 'measure') answers.push(data);
  };
  process.on('message', (message) => {
    if (message !== 'measure') return;
    answers = [measure()];
    channel.postMessage('measure');
    setTimeout(() => process.send({ threads: answers, rss: process.memoryUsage.rss() }), 1_500);
  });
  process.channel?.unref();
} else {
  channel.onmessage = ({ data }) => {
    if (data === 'measure') channel.postMessage(measure());
  };
}

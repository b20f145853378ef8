/**
 * Where a worker's code lies: beside this file in the build. When the sources themselves run (tests), a worker thread
 * cannot load them, so that the build's file is taken.
 */
export function workerFile(name: 'worker' | 'phone-worker'): URL {
  const here = import.meta.url;
  return /\.ts(?:\?|$)/.test(here)
    ? new URL(`../../../dist/adapters/embedded-media/${name}.js`, here)
    : new URL(`./${name}.js`, here);
}

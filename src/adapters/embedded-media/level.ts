/** Levels of a frame in dBFS: 0 is the largest sample there is (RMS of a full-scale square wave), {@link SILENCE_DBFS} is nothing at all. */
export const SILENCE_DBFS = -96;

/** Root mean square. A full-scale sine is -3.01. */
export const rmsDbfs = (frame: Int16Array): number => {
  let sum = 0;
  for (let i = 0; i < frame.length; i++) {
    const sample = frame[i] ?? 0;
    sum += sample * sample;
  }
  return sum === 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 10 * Math.log10(sum / frame.length / 2 ** 30));
};

/** The largest sample. */
export const peakDbfs = (frame: Int16Array): number => {
  let peak = 0;
  for (let i = 0; i < frame.length; i++) {
    const magnitude = Math.abs(frame[i] ?? 0);
    if (magnitude > peak) peak = magnitude;
  }
  return peak === 0 ? SILENCE_DBFS : 20 * Math.log10(peak / 32_768);
};

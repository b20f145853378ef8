/**
 * Hold music of our own: 52 s of soft electric piano and plucked notes over sixteen slow bars, made by code, so that
 * it belongs to no one else. Everything is computed on a circle: a note or an echo that runs past the end goes on at
 * the beginning, and so the loop has no seam. Nothing above 3.4 kHz, which is all a telephone carries.
 */

import { gainOf, lowPass, peak, SAMPLE_RATE_HZ } from './audio.mjs';

/** To be raised when the music changes. */
export const HOLD_MUSIC_VERSION = 1;

const BEAT = 13_000; // samples: 74 beats a minute
const BARS = 16;
const LENGTH = BARS * 4 * BEAT;
const LEVEL_DB = -26;

/** Chords as MIDI notes: a bass note and four voices that move little from bar to bar. */
const CHORDS = [
  [36, 52, 55, 59, 62], // C major 9
  [45, 52, 55, 60, 64], // A minor 7
  [38, 53, 57, 60, 64], // D minor 9
  [43, 53, 57, 59, 62], // G 9
  [36, 52, 55, 59, 62],
  [40, 50, 55, 59, 62], // E minor 7
  [41, 52, 57, 60, 64], // F major 7
  [43, 53, 57, 60, 62], // G 11
  [45, 52, 55, 60, 64], // A minor 7
  [40, 50, 55, 59, 62], // E minor 7
  [41, 52, 57, 60, 64], // F major 7
  [36, 52, 55, 60, 62], // C 9
  [38, 53, 57, 60, 64], // D minor 9
  [43, 53, 57, 59, 62], // G 9
  [36, 52, 55, 59, 64], // C major 7
  [43, 53, 57, 60, 62], // G 11, back to the start
];

/** The tune: beat from the start, MIDI note, strength. Nothing above E5, so that no two notes resemble a telephone key. */
const TUNE = [
  ...[
    [2, 76, 0.8],
    [3, 74, 0.6],
    [4, 72, 0.9],
    [6.5, 71, 0.5],
    [7, 72, 0.6],
  ],
  ...[
    [9, 74, 0.8],
    [10.5, 72, 0.5],
    [11, 69, 0.7],
    [13, 71, 0.7],
    [14, 69, 0.5],
    [15, 67, 0.6],
  ],
  ...[
    [18, 67, 0.6],
    [19, 71, 0.7],
    [20, 74, 0.8],
    [22.5, 72, 0.5],
    [23, 71, 0.6],
  ],
  ...[
    [25, 72, 0.8],
    [26, 69, 0.6],
    [28, 67, 0.7],
    [30, 69, 0.5],
    [31, 71, 0.6],
  ],
  ...[
    [32, 72, 0.9],
    [34, 76, 0.7],
    [35.5, 74, 0.5],
    [36, 71, 0.8],
    [38.5, 67, 0.5],
  ],
  ...[
    [40, 69, 0.8],
    [42, 72, 0.7],
    [43, 69, 0.5],
    [44, 67, 0.8],
    [46, 64, 0.5],
  ],
  ...[
    [49, 65, 0.6],
    [50, 69, 0.7],
    [51, 72, 0.7],
    [52, 71, 0.8],
    [54.5, 69, 0.5],
    [55, 67, 0.6],
  ],
  ...[
    [56, 67, 0.8],
    [58, 64, 0.6],
    [61, 67, 0.5],
    [62, 69, 0.6],
    [63, 71, 0.7],
  ],
];

/** Which voice of the chord is plucked on each half beat of a bar; -1 rests. */
const FIGURE = [-1, 1, 2, 3, -1, 4, 3, 2];

/** @param {number} midi @returns {number} */
const hertz = (midi) => 440 * 2 ** ((midi - 69) / 12);

/**
 * @callback Instrument
 * @param {number} t seconds since the note began
 * @param {number} hz
 * @returns {number}
 */

/** Electric piano: one sine bends another, strongly at first. @type {Instrument} */
const piano = (t, hz) =>
  Math.sin(2 * Math.PI * hz * t + (1.1 * Math.exp(-5 * t) + 0.25) * Math.sin(2 * Math.PI * hz * t)) *
  Math.exp(-1.1 * t);

/** A plucked string: the higher its overtone, the sooner it is gone. @type {Instrument} */
const pluck = (t, hz) => {
  let sum = 0;
  for (let n = 1; n <= 6 && n * hz < 3400; n += 1) {
    sum += (Math.sin(2 * Math.PI * n * hz * t) * Math.exp(-(2.2 + 1.6 * n) * t)) / n ** 1.5;
  }
  return sum;
};

/**
 * Adds a note to the circle.
 * @param {Float64Array} out
 * @param {{ beat: number, midi: number, seconds: number, strength: number, instrument: Instrument }} note
 */
function play(out, { beat, midi, seconds, strength, instrument }) {
  const start = Math.round(beat * BEAT);
  const count = Math.round(seconds * SAMPLE_RATE_HZ);
  const [attack, release] = [0.012 * SAMPLE_RATE_HZ, 0.35 * SAMPLE_RATE_HZ];
  const hz = hertz(midi);
  for (let i = 0; i < count; i += 1) {
    const rise = i < attack ? 0.5 - 0.5 * Math.cos((Math.PI * i) / attack) : 1;
    const left = count - i;
    const fall = left < release ? 0.5 - 0.5 * Math.cos((Math.PI * left) / release) : 1;
    out[(start + i) % LENGTH] += strength * rise * fall * instrument(i / SAMPLE_RATE_HZ, hz);
  }
}

/**
 * A small room: four feedback echoes round the circle. The first turn fills them, the second is kept.
 * @param {Float64Array} dry @returns {Float64Array}
 */
function room(dry) {
  const wet = new Float64Array(LENGTH);
  for (const [delay, feedback] of [
    [811, 0.72],
    [1039, 0.69],
    [1249, 0.66],
    [1493, 0.63],
  ]) {
    const line = new Float64Array(LENGTH);
    let damped = 0;
    for (let i = 0; i < 2 * LENGTH; i += 1) {
      const at = i % LENGTH;
      damped = 0.6 * damped + 0.4 * line[(at - delay + LENGTH) % LENGTH];
      line[at] = dry[at] + feedback * damped;
      if (i >= LENGTH) wet[at] += 0.25 * (line[at] - dry[at]);
    }
  }
  return dry.map((sample, i) => sample + 0.5 * wet[i]);
}

/** @param {Float64Array} samples @param {Float64Array} taps @returns {Float64Array} filtered round the circle */
function filterCircle(samples, taps) {
  const half = (taps.length - 1) / 2;
  const padded = new Float64Array(LENGTH + 2 * half);
  padded.set(samples.subarray(LENGTH - half), 0);
  padded.set(samples, half);
  padded.set(samples.subarray(0, half), LENGTH + half);
  return samples.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < taps.length; k += 1) sum += taps[k] * padded[i + k];
    return sum;
  });
}

/**
 * @returns {Float64Array} 16 kHz, one turn of the loop
 */
export function renderHoldMusic() {
  const dry = new Float64Array(LENGTH);
  CHORDS.forEach(([bass, ...voices], bar) => {
    play(dry, { beat: 4 * bar, midi: bass + 12, seconds: 3.4, strength: 0.5, instrument: piano });
    voices.forEach((midi, i) => {
      // The chord is rolled a little, as a hand would.
      play(dry, { beat: 4 * bar + 0.04 * i, midi, seconds: 3.5, strength: 0.3, instrument: piano });
    });
    FIGURE.forEach((voice, half) => {
      if (voice === -1) return;
      play(dry, { beat: 4 * bar + half / 2, midi: voices[voice - 1], seconds: 1.6, strength: 0.3, instrument: pluck });
    });
  });
  for (const [beat, midi, strength] of TUNE) {
    play(dry, { beat, midi, seconds: 2.2, strength: 0.75 * strength, instrument: pluck });
  }
  const sound = filterCircle(room(dry), lowPass(3000, 3400, SAMPLE_RATE_HZ));
  const rms = Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / LENGTH);
  const gain = gainOf(LEVEL_DB) / rms;
  if (peak(sound) * gain > gainOf(-6)) throw new Error('the music has peaks too high for its level');
  return sound.map((sample) => sample * gain);
}

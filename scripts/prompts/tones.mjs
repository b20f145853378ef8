/** The short signals, made from the notes in the manifest. */

import { fadeEnds, gainOf, samplesIn } from './audio.mjs';

/** Silence kept before and after. */
const [LEAD_MS, TAIL_MS] = [5, 15];

/**
 * @typedef {object} Note
 * @property {number} hz
 * @property {number} startMs
 * @property {number} durationMs
 * @property {number} levelDb dBFS, root mean square at its loudest
 * @property {boolean} [steady] as loud to its end
 */

/**
 * Each note is a sine with a soft start and a bell-like decay to a tenth of its strength: pleasant beside speech, and
 * never two lasting notes at once, so that no telephone takes it for a key; but for the ringing tone, whose two are below all keys'.
 * @param {readonly Note[]} notes
 * @returns {Float64Array} 16 kHz
 */
export function renderTone(notes) {
  const totalMs = Math.max(...notes.map((note) => note.startMs + note.durationMs));
  const out = new Float64Array(samplesIn(LEAD_MS + totalMs + TAIL_MS));
  for (const { hz, startMs, durationMs, levelDb, steady = false } of notes) {
    const note = new Float64Array(samplesIn(durationMs));
    const amplitude = gainOf(levelDb) * Math.SQRT2;
    for (let i = 0; i < note.length; i += 1) {
      note[i] = amplitude * Math.sin((2 * Math.PI * hz * i) / 16_000) * (steady ? 1 : 10 ** (-i / note.length));
    }
    fadeEnds(note, 10, 30);
    const at = samplesIn(LEAD_MS + startMs);
    for (let i = 0; i < note.length; i += 1) out[at + i] += note[i];
  }
  return out;
}

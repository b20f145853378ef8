/**
 * The one clock of the engine's audio: 8 kHz, mixed in frames of 20 ms.
 *
 * A frame is an `Int16Array` of {@link FRAME_SAMPLES} linear samples. Every `pull`, `mix` and `feed`
 * in this folder works on one such frame and keeps no reference to it.
 */
export const SAMPLE_RATE_HZ = 8000;
export const SAMPLES_PER_MS = 8;
/** 20 ms. */
export const FRAME_SAMPLES = 160;

import { expect } from 'vitest';
import { toneSnrDb } from '../../sound.js';
import type { Caller } from '../kit/caller.js';
import { onEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';

const TONE_HZ = 1_000;
const SNR_DB = 30;
const MEASURE_MS = 2_000;
const DELAY_MS = 80;
const ONSETS = 15;
const ROUNDS = 3;

onEngine('embedded', () => {
  const scene = withBridge({ engine: 'embedded', env: { PARTYLINE_ENTRY_GREETING: 'none' } });

  for (const codec of ['PCMU', 'PCMA'] as const) {
    scene(`a tone through the bridge keeps 30 dB of signal to noise, ${codec}`, async (stage) => {
      const account = await stage.addAccount();
      const rtp = { codecs: [codec] };
      const [host, guest] = await stage.gather(account, 2, { rtp });
      host.telephone.say({ kind: 'tone', hz: TONE_HZ, dbfs: -10 });
      await untilHears(guest, [TONE_HZ]);
      await guest.listen(500);
      const snr = toneSnrDb(await guest.listen(MEASURE_MS), TONE_HZ);
      console.log(`embedded, ${codec}: signal to noise ${snr.toFixed(1)} dB`);
      expect(snr).toBeGreaterThanOrEqual(SNR_DB);
    });
  }

  scene('the bridge adds at most 80 ms from mouth to ear', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 2);
    let measured = await manyOnsets(host, guest);
    // On a machine that is too busy to send in time, the jitter buffer is right to grow: measured again, it may have shrunk.
    for (let round = 1; round < ROUNDS && measured.median > DELAY_MS; round += 1)
      measured = await manyOnsets(host, guest);
    // From the telephone's tick that made the first loud frame to the arrival of the first loud packet at the other one: includes the
    // frame on its way out (20 ms of speech make a packet), both kernels' queues, the jitter buffer, the wait for the mixer's tick.
    // Not included: the sound cards and the jitter buffer of real telephones.
    const { median, longest } = measured;
    console.log(
      `embedded: mouth to ear, median ${median.toFixed(1)} ms, longest of ${ONSETS} ${longest.toFixed(1)} ms`,
    );
    expect(median).toBeLessThanOrEqual(DELAY_MS);
  });
});

async function manyOnsets(host: Caller, guest: Caller): Promise<{ readonly median: number; readonly longest: number }> {
  const delays: number[] = [];
  for (let onset = 0; onset < ONSETS; onset += 1) delays.push(await mouthToEar(host, guest));
  delays.sort((one, other) => one - other);
  return { median: delays[Math.floor(ONSETS / 2)] ?? Infinity, longest: delays.at(-1) ?? Infinity };
}

async function mouthToEar(host: Caller, guest: Caller): Promise<number> {
  const [hz] = TONES_HZ;
  const before = guest.telephone.levels().inOnsetMs;
  host.say(hz);
  await guest.until('the onset', 2_000, () => guest.telephone.levels().inOnsetMs > before);
  const delay = guest.telephone.levels().inOnsetMs - host.telephone.levels().outOnsetMs;
  await untilHears(guest, [hz]);
  host.say(null);
  await untilSilent(guest, [hz]);
  return delay;
}

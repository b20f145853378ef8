import { concatenated, levelDbfs, noise } from '../../sound.js';
import { speech } from '../../speech.js';
import type { Play } from '../kit/scene.js';
import { nameOf } from '../kit/names.js';
import { music } from '../../../src/domain/prompts.js';
import { signal, soundOf, spoken } from '../kit/sounds.js';
import { answered, expectUnheard, settled } from './keying.js';

/** RMS, far enough below the prompts that these are recognised in front of it. */
const MUSIC_DBFS = -34;
const NOISE_DBFS = -44;
const WORDS_MS = 1_400;
const PAUSE_MS = 1_100;
/** How a line sounded is told of the last 10 s on one engine, of the 3 s that follow on the other. */
const HEARD_BEFORE_MS = 10_500;

/** Lines that disturb (product: section 3, `#2`). */
export function noiseScenes(scene: Play): void {
  scene(
    '#2 names the loudest line that never pauses, 1 mutes it, 2 names the next; who talks is none',
    async (stage) => {
      const account = await stage.addAccount('--name-on-entry', '--entry', 'none', '--exit', 'none');
      const [host, holding, noisy, talking] = await Promise.all(
        [account.hostPin, account.guestPin, account.guestPin, account.guestPin].map((pin, index) =>
          stage.callNamed(pin, nameOf(20 + index)),
        ),
      );
      if (host === undefined || holding === undefined || noisy === undefined || talking === undefined)
        throw new Error();
      await settled(host, holding, noisy, talking);
      await answered(host, '#2', signal('done'), spoken('no-noisy-line'));
      const hold = atLevel(soundOf('music', [music]).samples, MUSIC_DBFS);
      holding.telephone.say({ kind: 'samples', samples: hold, loop: true });
      noisy.telephone.say({ kind: 'samples', samples: atLevel(noise(2_000), NOISE_DBFS), loop: true });
      const words = concatenated(atLevel(speech(WORDS_MS), MUSIC_DBFS), new Int16Array(PAUSE_MS * 8));
      talking.telephone.say({ kind: 'samples', samples: words, loop: true });
      await host.listen(HEARD_BEFORE_MS);
      await answered(host, '#2', nameOf(21), spoken('noisy-line-menu'));
      await answered(host, '2', nameOf(22), spoken('noisy-line-menu'));
      const told = noisy.mark();
      await answered(host, '1', spoken('caller-muted'));
      await noisy.hears(spoken('host-muted-you'), { since: told });
      await answered(host, '#2', nameOf(21), spoken('noisy-line-menu'));
      await answered(host, '1', spoken('caller-muted'));
      await host.listen(HEARD_BEFORE_MS);
      await answered(host, '#2', signal('done'), spoken('no-noisy-line'));
      for (const guest of [holding, noisy, talking])
        expectUnheard(guest, 0, spoken('noisy-line-menu'), spoken('no-noisy-line'), spoken('caller-muted'));
    },
  );
}

function atLevel(samples: Int16Array, dbfs: number): Int16Array {
  const gain = 10 ** ((dbfs - levelDbfs(samples)) / 20);
  return samples.map((sample) => Math.round(sample * gain));
}

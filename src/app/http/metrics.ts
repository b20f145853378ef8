import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { BridgeStatus } from '../../bridge/bridge.js';
import type { MixerStatus } from '../../ports/media.js';

/** What metrics are made of. */
interface Measured {
  status(): BridgeStatus;
  signaling(): { readonly healthy: boolean; readonly calls: number; readonly transactions: number };
  mixers(): readonly MixerStatus[];
}

/** One figure, read whenever it is asked for. */
type Figure = readonly [name: string, help: string, read: (from: Measured) => number];
type MixerFigure = readonly [name: string, help: string, read: (mixer: MixerStatus) => number | null];

const figure = (value: boolean): number => (value ? 1 : 0);

const FIGURES: readonly Figure[] = [
  ['partyline_calls', 'Calls now, set-ups included', (from) => from.status().calls],
  ['partyline_conferences', 'Conferences now', (from) => from.status().conferences],
  ['partyline_calls_total', 'Call attempts since the start', (from) => from.status().callsTotal],
  [
    'partyline_calls_being_moved',
    'Calls on their way from a mixer that was lost to another',
    (from) => from.status().callsBeingMoved,
  ],
  [
    'partyline_calls_moved_total',
    'Calls moved from a lost mixer to another since the start',
    (from) => from.status().callsMoved,
  ],
  [
    'partyline_calls_taken_back_total',
    'Calls taken back at the start from the process before this one',
    (from) => from.status().callsTakenBack,
  ],
  ['partyline_recordings', 'Conferences that are recorded now', (from) => from.status().recordings],
  [
    'partyline_recording_failures_total',
    'Recordings that could not begin, broke off for good, or could not be sealed at once, since the start',
    (from) => from.status().recordingFailures,
  ],
  ['partyline_draining', '1 while no new calls are taken', (from) => figure(from.status().draining)],
  [
    'partyline_signaling_healthy',
    '1 while new calls can come by the signalling',
    (from) => figure(from.signaling().healthy),
  ],
  ['partyline_signaling_calls', 'Calls the signalling holds now', (from) => from.signaling().calls],
  [
    'partyline_signaling_transactions',
    'SIP transactions that run now, as far as they are known',
    (from) => from.signaling().transactions,
  ],
  ['partyline_mixers_healthy', 'Mixers that work', (from) => from.mixers().filter((mixer) => mixer.healthy).length],
];

const MIXER_FIGURES: readonly MixerFigure[] = [
  ['partyline_mixer_healthy', '1 while the mixer works', (mixer) => figure(mixer.healthy)],
  ['partyline_mixer_draining', '1 while the mixer takes no new calls', (mixer) => figure(mixer.draining)],
  ['partyline_mixer_endpoints', 'Calls on the mixer now', (mixer) => mixer.endpoints],
  ['partyline_mixer_rooms', 'Conferences on the mixer now', (mixer) => mixer.rooms],
  ['partyline_mixer_limit', 'Calls the mixer takes at most, where that is known', (mixer) => mixer.limit],
];

/** Prometheus metrics. No label carries an identity of a caller or an account. */
export function metricsOf(from: Measured): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const [name, help, read] of FIGURES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(from));
      },
    });
  }
  for (const [name, help, read] of MIXER_FIGURES) {
    new Gauge({
      name,
      help,
      labelNames: ['mixer'],
      registers,
      collect() {
        // a mixer that was taken away is told of no more
        this.reset();
        for (const mixer of from.mixers()) {
          const value = read(mixer);
          if (value !== null) this.set({ mixer: mixer.name }, value);
        }
      },
    });
  }
  new Gauge({
    name: 'partyline_call_outcomes_total',
    help: 'Call attempts ended since the start, by outcome',
    labelNames: ['outcome'],
    registers,
    collect() {
      for (const [outcome, count] of from.status().outcomes) this.set({ outcome }, count);
    },
  });
  return registry;
}

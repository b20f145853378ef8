import type { LegStatistics } from '../../ports/media.js';
import type { Channel } from './channel.js';
import type { SocketEvent } from './event-socket.js';

const VARIABLES = [
  'rtp_use_codec_name',
  'rtp_audio_in_packet_count',
  'rtp_audio_out_packet_count',
  'rtp_audio_in_flaw_total',
  'read_rate',
] as const;

/** Figures of one leg: FreeSWITCH's counters, and what its RTCP reports say about the caller's stream. */
export class LegCounters {
  readonly #channel: Channel;
  /** From the last report sent to the caller (RFC 3550 section 6.4.1). */
  #lost: number | null = null;
  #jitterTicks = 0;
  #last: LegStatistics = {
    codec: '',
    packetsReceived: 0,
    packetsSent: 0,
    packetsLost: 0,
    jitterMs: 0,
    packetsRejected: 0,
  };

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Takes `SEND_RTCP_MESSAGE`. */
  reported(event: SocketEvent): void {
    const lost = Number(event.header('Source-Lost'));
    const jitter = Number(event.header('Source-Jitter'));
    // Unsigned there, signed in RFC 3550: duplicates make it negative.
    if (Number.isFinite(lost)) this.#lost = lost > 0x7fff_ffff ? 0 : lost;
    if (Number.isFinite(jitter)) this.#jitterTicks = jitter;
  }

  /** Of a closed leg: the last known. FreeSWITCH does not tell packets it threw away for their source: always 0. */
  async statistics(): Promise<LegStatistics> {
    const values = await this.#read();
    if (values === null) return this.#last;
    this.#last = {
      codec: values.get('rtp_use_codec_name') ?? '',
      packetsReceived: numberOf(values, 'rtp_audio_in_packet_count'),
      packetsSent: numberOf(values, 'rtp_audio_out_packet_count'),
      packetsLost: this.#lost ?? numberOf(values, 'rtp_audio_in_flaw_total'),
      jitterMs: this.#jitterTicks / ((numberOf(values, 'read_rate') || 8_000) / 1_000),
      packetsRejected: 0,
    };
    return this.#last;
  }

  /**
   * Packets of RTP that came so far; `null` when the mixer does not say. FreeSWITCH's count of RTCP is no sign of life: it takes
   * a signal to its own port for the caller's first report, and sends and counts its own reports there from then on. A caller
   * who sends reports only is asked by OPTIONS like any silent one, and stays.
   */
  async received(): Promise<number | null> {
    const values = await this.#read();
    return values === null ? null : numberOf(values, 'rtp_audio_in_packet_count');
  }

  async #read(): Promise<ReadonlyMap<string, string> | null> {
    if (this.#channel.lost) return null;
    try {
      await this.#channel.api(`uuid_set_media_stats ${this.#channel.uuid}`);
      const expression = VARIABLES.map((name) => `\${variable_${name}}`).join('|');
      const answer = await this.#channel.api(`eval uuid:${this.#channel.uuid} ${expression}`);
      const values = answer.split('|');
      if (values.length !== VARIABLES.length) return null;
      return new Map(VARIABLES.map((name, index) => [name, values[index] ?? '']));
    } catch {
      return null;
    }
  }
}

function numberOf(values: ReadonlyMap<string, string>, name: string): number {
  const value = Number(values.get(name));
  return Number.isFinite(value) ? value : 0;
}

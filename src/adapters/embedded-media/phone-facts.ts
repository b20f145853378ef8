/** What the telephone says; the last one asked for holds until replaced. */
export type PhoneSource =
  | { readonly kind: 'silence' }
  /** `dbfs`: level of a sine of this amplitude against full scale, e.g. -20. */
  | { readonly kind: 'tone'; readonly hz: number; readonly dbfs: number }
  /** 8 kHz mono samples. */
  | { readonly kind: 'samples'; readonly samples: Int16Array; readonly loop: boolean }
  /** No RTP at all, as a telephone that lost its network. */
  | { readonly kind: 'nothing' };

export interface PhoneStatistics {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly rtcpReceived: number;
  readonly byeReceived: boolean;
  /** Packets by milliseconds since the one before: index 0 is 0 up to 1 ms, the last one everything above. */
  readonly interArrivalMs: readonly number[];
  /** Longest time between two packets since `resetGaps`, milliseconds. */
  readonly longestGapMs: number;
  /** Longest time without a packet of -45 dBFS or more since `resetGaps`, by arrival, milliseconds. */
  readonly longestQuietMs: number;
  /** Samples recorded since the first packet, and when the packet came that brought the last of them (clock of {@link PhoneLevels}); 0: none yet. */
  readonly samplesHeard: number;
  readonly lastArrivalMs: number;
  /** SSRC last heard, 0 before the first packet. */
  readonly ssrc: number;
  /** Packets missing by sequence number. */
  readonly packetsLost: number;
}

export interface PhoneLevels {
  /** RMS of the last packet heard and of the last frame said, dBFS; -96 for digital silence. */
  readonly inDbfs: number;
  readonly outDbfs: number;
  /** Milliseconds of the machine's monotonic clock (`process.hrtime`) at which the level last rose over -45 dBFS; 0: never. */
  readonly inOnsetMs: number;
  readonly outOnsetMs: number;
}

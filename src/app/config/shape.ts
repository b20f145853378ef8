import type { ConferenceOptions, DialOutRights, EntryOptions, HostReport } from '../../domain/conference-options.js';
import type { OutboundTrunk } from './conference.js';
import type { HostAndPort, PortRange, SipListen } from './kinds.js';
import type { MessageConfig } from './messages.js';
import type { Origins, Settings } from './read-settings.js';
import type { Secret } from './secret.js';
import type { SettingValue } from './settings.js';

/** The bridge's configuration: checked, complete, paths absolute. What each setting means stands in `settings.ts`. */
export interface Config {
  readonly dataDirectory: string;
  readonly databaseFile: string;
  /**
   * Decided: `auto` became one of the two. With `freeswitch`, either there are `mixers` and `drachtio` is set, or neither:
   * then the programs of this machine are started on loopback.
   */
  readonly engine: 'embedded' | 'freeswitch';
  readonly logLevel: SettingValue<'log.level'>;
  readonly maximumCalls: number;
  /** IANA name, e.g. `Europe/London`, or `null`: that of the machine. */
  readonly timeZone: string | null;
  readonly sip: {
    readonly listen: readonly SipListen[];
    /** What Contact advertises, or `null`: chosen by the route to the caller. */
    readonly address: string | null;
  };
  readonly media: {
    /** What SDP advertises, or `null`: chosen by the route to the caller. */
    readonly address: string | null;
    readonly rtpPorts: PortRange;
    /** Mixing threads, or `null`: chosen from the number of processors. */
    readonly workers: number | null;
    /** Milliseconds without RTP and RTCP until a caller is asked whether he is still there; and while he holds. */
    readonly silenceMs: number;
    readonly heldSilenceMs: number;
  };
  /** Callers in these networks are told the address of the route, whatever `sip.address` and `media.address` say. */
  readonly localNetworks: readonly string[];
  /** Port 0: chosen by the system. `null`: no HTTP at all. */
  readonly http: HostAndPort | null;
  readonly prompts: {
    readonly directory: string;
    readonly voice: SettingValue<'prompts.voice'>;
    /** WAV file, or `null` for the catalogue's own. */
    readonly holdMusic: string | null;
    /** WAV files by the name a dial-in number calls them. */
    readonly greetings: Readonly<Record<string, string>>;
    /** Where the recordings of the voice `asterisk` lie, or `null` for the usual place. */
    readonly asteriskDirectory: string | null;
  };
  /** Where names that callers say are kept. */
  readonly namesDirectory: string;
  readonly recordings: {
    /** Where plain audio is until it is sealed, or `null` for a folder of the bridge's own in shared memory. */
    readonly memoryDirectory: string | null;
    readonly allowDisk: boolean;
    /** Where sealed recordings are. */
    readonly directory: string;
    readonly keepMs: number;
  };
  /** How long things are kept, milliseconds. */
  readonly privacy: {
    /** `null`: records are kept. */
    readonly recordsMs: number | null;
    readonly numbersMs: number;
    /** Last digits that stay of a telephone number that is cut. */
    readonly numberDigits: number;
    readonly bookingsMs: number;
    readonly failedDeliveriesMs: number;
  };
  /** What an account gets whose creator said nothing else. */
  readonly conference: ConferenceOptions;
  readonly dialOut: {
    /** Where calls that hosts place are sent, by name. */
    readonly trunks: Readonly<Record<string, OutboundTrunk>>;
    /** Guards of an account that may dial out, where its creator said nothing else; no prefixes: he must. */
    readonly guards: Omit<DialOutRights, 'trunk'>;
  };
  readonly entry: EntryOptions;
  readonly callers: {
    /** Last digits of a caller's number that records keep; `null`: all of them. */
    readonly keepDigits: number | null;
    /** Numbers blocked bridge-wide are refused before the answer. */
    readonly refuseBlocked: boolean;
  };
  /** What becomes of the host's report after a conference. */
  readonly hostReport: {
    /** Where the account says nothing else. */
    readonly usual: HostReport;
    /** `null`: there is none. */
    readonly webhookUrl: string | null;
    readonly directory: string;
  };
  readonly messages: MessageConfig;
  readonly mixers: readonly MixerConfig[];
  readonly drachtio: DrachtioConfig | null;
  /** `null`: the bridge's own process holds the calls, which end with it. Set only together with `drachtio`. */
  readonly dialogOwner: { readonly socket: string } | null;
}

/** One FreeSWITCH. */
export interface MixerConfig {
  readonly name: string;
  readonly eventSocket: HostAndPort & { readonly secret: Secret };
  /** SIP profile that takes the callers. */
  readonly profile: string;
  readonly drain: boolean;
  /** What SDP tells callers from elsewhere, or `null`: as `media.address` says. */
  readonly advertise: string | null;
}

export interface DrachtioConfig extends HostAndPort {
  readonly secret: Secret;
}

/** A configuration and where each of its settings came from. */
export interface LoadedConfig {
  readonly config: Config;
  readonly settings: Settings;
  /** By key: `default`, the name of the file, or the name of the environment variable. */
  readonly origins: Origins;
  /** The file that was read, or `null` when there is none. */
  readonly file: string | null;
}

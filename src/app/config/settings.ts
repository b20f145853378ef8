import { resolve } from 'node:path';
import { DEFAULT_CONFERENCE_OPTIONS, DEFAULT_ENTRY_OPTIONS, HOST_REPORTS } from '../../domain/conference-options.js';
import { PIN_LENGTHS } from '../../domain/access/pins.js';
import {
  host,
  ipAddress,
  ipAndPort,
  listenAddress,
  listOf,
  namedPaths,
  network,
  oneOf,
  orNull,
  path,
  plainName,
  portRange,
  secret,
  sipListen,
  timeZone,
  wholeNumber,
  yesOrNo,
} from './kinds.js';
import type { Kind, SipListen } from './kinds.js';
import { keyMap } from './key-maps.js';
import type { OwnKeys } from './key-maps.js';
import { country, httpUrl, leadTime, mailbox, mailUser, sipDomain } from './message-kinds.js';
import { mixerList, mixersFrom } from './mixers.js';
import { dialPrefix, outboundTrunks, trunksFrom } from './outbound-trunks.js';
import type { OutboundTrunks } from './outbound-trunks.js';

/** One thing that can be configured. */
export interface Setting<T> {
  readonly kind: Kind<T>;
  readonly fallback: T;
  /** What it is, with its unit. */
  readonly about: string;
  /** The value with its paths made absolute: they start from the file they stand in, or from the working directory when they come from the environment. */
  settled(value: T, base: string): T;
}

function setting<T>(
  kind: Kind<T>,
  fallback: T,
  about: string,
  settled: (value: T, base: string) => T = (value) => value,
): Setting<T> {
  return { kind, fallback, about, settled };
}

function pathSetting<T extends string | null>(kind: Kind<T>, fallback: T, about: string): Setting<T> {
  // `null` and a path are all there is, so the type stays
  return setting(kind, fallback, about, (value, base) => (value === null ? value : (resolve(base, value) as T)));
}

const pathsFrom = (paths: Readonly<Record<string, string>>, base: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(paths).map(([name, file]) => [name, resolve(base, file)]));

const conference = DEFAULT_CONFERENCE_OPTIONS;
const entry = DEFAULT_ENTRY_OPTIONS;
const announcement = oneOf('tone', 'name', 'none');
const seconds = wholeNumber(1, 604_800);
const milliseconds = wholeNumber(0, 600_000);
const anywhereOnEvery: readonly SipListen[] = [
  { transport: 'udp', host: '0.0.0.0', port: 5060 },
  { transport: 'tcp', host: '0.0.0.0', port: 5060 },
];

/** Every setting, by its key in the file. A new one needs a line here and a place in `Config`. */
export const SETTINGS = {
  dataDir: pathSetting(path, 'var', 'where the database, the PIN key and the configuration file live'),
  engine: setting(oneOf('auto', 'embedded', 'freeswitch'), 'auto', 'auto takes freeswitch where it is configured'),
  maximumCalls: setting(wholeNumber(1, 100_000), 500, 'calls at once; more are refused with 503'),
  timeZone: setting(orNull('machine', timeZone), null, 'whose clock bookings are by where the account has none'),
  localNetworks: setting(listOf(network), [], 'networks to which sip.address and media.address do not apply'),

  'log.level': setting(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'info', 'what is logged'),
  'sip.listen': setting(listOf(sipListen, 1), anywhereOnEvery, 'addresses SIP is answered on'),
  'sip.address': setting(orNull('auto', ipAddress), null, 'address in Contact; auto: the one the route leaves from'),
  'media.address': setting(orNull('auto', ipAddress), null, 'address in SDP; auto: the one the route leaves from'),
  'media.silenceSeconds': setting(
    wholeNumber(2, 3_600),
    60,
    'without any packet from a caller, until the line is taken for lost where it does not answer',
  ),
  'media.heldSilenceSeconds': setting(wholeNumber(2, 86_400), 1_800, 'the same, while the caller holds'),
  'media.workers': setting(orNull('auto', wholeNumber(1, 64)), null, 'mixing threads; auto: from the processors'),
  'rtp.ports': setting(portRange, { first: 20_000, last: 29_999 }, 'UDP ports for audio, two for each call'),
  'http.listen': setting(
    orNull('off', listenAddress),
    { host: '127.0.0.1', port: 8060 },
    'health, metrics and control',
  ),

  'prompts.directory': pathSetting(orNull('shipped', path), null, 'spoken prompts; shipped: those of Partyline'),
  'prompts.voice': setting(oneOf('slt', 'asterisk'), 'slt', 'voice of the prompts'),
  'prompts.holdMusic': pathSetting(orNull('shipped', path), null, 'WAV file of the hold music'),

  'prompts.greetings': setting(namedPaths, {}, 'WAV files of greetings, by name', pathsFrom),
  'prompts.asteriskDirectory': pathSetting(orNull('usual', path), null, 'where the voice asterisk lies'),

  'names.directory': pathSetting(
    orNull('usual', path),
    null,
    'where names that callers say are kept while their conference lasts; mixers write and read there. usual: names, in dataDir',
  ),

  'callers.keepDigits': setting(
    orNull('all', wholeNumber(0, 15)),
    3,
    'last digits of a caller number kept in records; all: the whole number',
  ),
  'callers.refuseBlocked': setting(
    oneOf('hear-full', 'refuse'),
    'hear-full',
    'numbers that are blocked bridge-wide hear that the conference is full, or are refused before the answer (603)',
  ),

  'conference.entry': setting(announcement, conference.entry, 'what the room hears when someone joins'),
  'conference.exit': setting(announcement, conference.exit, 'what the room hears when someone leaves'),
  'conference.nameOnEntry': setting(yesOrNo, conference.nameOnEntry, 'callers say their name before they come in'),
  'conference.nameReview': setting(
    yesOrNo,
    conference.nameReview,
    'their name is played back, to be kept or said again',
  ),
  'conference.namesUpTo': setting(
    wholeNumber(0, 1_000),
    conference.namesUpTo,
    'callers in a room up to which names are announced; beyond, tones',
  ),
  'conference.lobby': setting(yesOrNo, conference.lobby, 'guests wait until a host admits them'),
  'conference.hostLeaves': setting(
    oneOf('continue', 'end', 'hold'),
    conference.hostLeaves,
    'what happens when the last host leaves',
  ),
  'conference.graceSeconds': setting(seconds, conference.graceSeconds, 'wait for a host who left, under hold'),
  'conference.lockAllowed': setting(yesOrNo, conference.lockAllowed, 'hosts may lock'),
  'conference.readmit': setting(yesOrNo, conference.readmit, 'a guest may return to a locked conference'),
  'conference.rollCall': setting(yesOrNo, conference.rollCall, 'hosts may call the roll'),
  'conference.maxCallers': setting(orNull('none', wholeNumber(1, 100_000)), conference.maxCallers, 'callers at once'),
  'conference.muteGuestsOnEntry': setting(yesOrNo, conference.muteGuestsOnEntry, 'guests come in muted'),
  'conference.confirmHangup': setting(yesOrNo, conference.confirmHangup, '## wants a third # to confirm'),
  'conference.waitLimitSeconds': setting(seconds, conference.waitLimitSeconds, 'longest wait for the first host'),
  'conference.reassureSeconds': setting(seconds, conference.reassureSeconds, 'between reassurances while waiting'),
  'conference.aloneLimitSeconds': setting(seconds, conference.aloneLimitSeconds, 'the last caller alone'),
  'conference.durationLimitSeconds': setting(seconds, conference.durationLimitSeconds, 'longest conference'),
  'conference.recording': setting(
    oneOf('not-allowed', 'allowed', 'automatic'),
    conference.recording,
    'whether hosts may record; automatic: it begins with the first host',
  ),
  'conference.recordBeepSeconds': setting(
    orNull('none', wholeNumber(5, 3_600)),
    conference.recordBeepSeconds,
    'between beeps while it is recorded',
  ),
  'conference.recordAnnouncements': setting(
    yesOrNo,
    conference.recordAnnouncements,
    'what is played to the room is recorded too',
  ),
  'conference.keyMap': setting<OwnKeys>(keyMap, {}, 'codes of the keypad that differ from the usual ones, by action'),
  'conference.dialOut.trunk': setting(
    orNull('none', plainName),
    null,
    'hosts may call someone in by this one of dialOut.trunks; none: they may not',
  ),
  'conference.dialOut.prefixes': setting(
    listOf(dialPrefix),
    [],
    'what a number that hosts call must begin with, as it is keyed; 00 is international',
  ),
  'conference.dialOut.callsPerHour': setting(wholeNumber(1, 1_000), 10, 'calls an account may place in an hour'),
  'conference.dialOut.atOnce': setting(wholeNumber(1, 100), 2, 'and at once'),
  'conference.dialOut.minutesPerDay': setting(wholeNumber(1, 10_000), 120, 'and talk by, within 24 hours'),
  'dialOut.trunks': setting<OutboundTrunks>(
    outboundTrunks,
    {},
    'where calls that hosts place are sent, by name',
    trunksFrom,
  ),

  'recordings.memoryDir': pathSetting(
    orNull('auto', path),
    null,
    'folder on a tmpfs where mixers write recordings until they are sealed; auto: one below /dev/shm',
  ),
  'recordings.allowDisk': setting(
    yesOrNo,
    false,
    'recordings.memoryDir may be on a disk, where what is deleted may be found',
  ),
  'recordings.keepDays': setting(wholeNumber(1, 3_650), 30, 'how long recordings are kept'),
  'records.keepDays': setting(
    orNull('forever', wholeNumber(2, 36_500)),
    null,
    'how long records of calls and conferences are kept; forever: until they are erased',
  ),
  'privacy.numbersDays': setting(wholeNumber(1, 3_650), 90, 'until telephone numbers in records are cut'),
  'privacy.numberDigits': setting(wholeNumber(0, 15), 0, 'last digits that stay of a number that is cut'),
  'privacy.bookingDays': setting(
    wholeNumber(1, 3_650),
    30,
    'from the end of a booking until it is removed with its title, its PINs and who was invited',
  ),
  'privacy.failedDeliveryDays': setting(wholeNumber(1, 3_650), 30, 'how long messages that could not be sent are kept'),

  'entry.pinLength': setting(
    wholeNumber(PIN_LENGTHS.least, PIN_LENGTHS.most),
    entry.pinLength,
    'digits of a PIN, where a dial-in number says nothing else',
  ),
  'entry.greeting': setting(orNull('none', plainName), entry.greeting, 'greeting, where a number says nothing else'),
  'entry.settleMs': setting(milliseconds, entry.settleMs, 'from the ACK to the first prompt, ms'),
  'entry.firstKeyMs': setting(wholeNumber(1000, 600_000), entry.firstKeyMs, 'until the first key, ms'),
  'entry.interDigitMs': setting(wholeNumber(500, 60_000), entry.interDigitMs, 'between keys, ms'),
  'entry.tries': setting(wholeNumber(1, 10), entry.tries, 'misses and silences before goodbye'),
  'entry.acceptMs': setting(
    wholeNumber(5000, 3_600_000),
    entry.acceptMs,
    'from the answer to an accepted PIN and code, ms',
  ),
  'entry.hostChoiceMs': setting(
    wholeNumber(1000, 60_000),
    entry.hostChoiceMs,
    'for the star of a host who keyed an access code, ms',
  ),
  'entry.nameMs': setting(wholeNumber(1000, 30_000), entry.nameMs, 'longest name, ms'),

  'invitations.sipDomain': setting(
    orNull('auto', sipDomain),
    null,
    "domain of SIP addresses in invitations, with its port if not 5060; auto: the bridge's address",
  ),
  'invitations.country': setting(
    orNull('none', country),
    null,
    'country of whoever reads an invitation, where neither the command nor the language of the account says one',
  ),
  'invitations.reminders': setting(
    listOf(leadTime),
    [86_400_000, 900_000],
    'before each occurrence of a booking whose invitees are sent messages; empty: no reminders',
  ),
  'mail.host': setting(orNull('none', host), null, 'SMTP server for invitations and reports; none: no mail is sent'),
  'mail.port': setting(wholeNumber(1, 65_535), 587, 'its port; 465 goes with tls'),
  'mail.security': setting(
    oneOf('starttls', 'tls', 'none'),
    'starttls',
    'starttls: refused where the server has none; tls: from the first byte; none: in plain, for a server on this machine',
  ),
  'mail.user': setting(orNull('none', mailUser), null, 'user name at the SMTP server'),
  'mail.passwordFile': pathSetting(orNull('none', path), null, 'file that holds its password'),
  'mail.caFile': pathSetting(
    orNull('system', path),
    null,
    "certificate of the authority that signed the server's, PEM; system: those the system trusts",
  ),
  'mail.from': setting(orNull('none', mailbox), null, 'whom mail comes from'),
  'mail.replyTo': setting(orNull('none', mailbox), null, 'whom answers go to; none: mail.from'),
  'sms.url': setting(orNull('none', httpUrl), null, 'where each SMS is posted to, as JSON; none: no SMS is sent'),
  'sms.secretFile': pathSetting(orNull('none', path), null, 'file that holds the secret these are signed with'),
  'report.host': setting(
    oneOf(...HOST_REPORTS),
    'none',
    'what becomes of the report after a conference, where the account says nothing else',
  ),
  'report.webhookUrl': setting(
    orNull('none', httpUrl),
    null,
    'where reports are posted to; signed with the secret in webhooks.secretFile',
  ),
  'report.directory': pathSetting(
    orNull('usual', path),
    null,
    'where reports are written, in a folder for each account; usual: reports, in dataDir',
  ),
  'webhooks.secretFile': pathSetting(
    orNull('none', path),
    null,
    'file that holds the secret other webhooks are signed with; none: none is called',
  ),

  mixers: setting(
    mixerList,
    [],
    'FreeSWITCH mixers, at most 100; changed in the file, they change without a restart',
    mixersFrom,
  ),
  'dialogOwner.socket': pathSetting(
    orNull('none', path),
    null,
    'socket of the process that keeps the calls (partyline dialog-owner); none: they end with the bridge',
  ),

  'render.controlNetwork': setting(
    orNull('none', network),
    null,
    'where the bridge reaches the mixers from, as they see it; for engine render, needed for mixers on other machines',
  ),
  'render.signallingNetwork': setting(
    orNull('auto', network),
    null,
    'where drachtio-server calls the mixers from, as they see it; for engine render; auto: drachtio.host',
  ),

  'drachtio.host': setting(orNull('none', host), null, 'drachtio-server'),
  'drachtio.port': setting(wholeNumber(1, 65_535), 9022, 'its port for applications'),
  'drachtio.secret': setting(orNull('none', secret), null, 'its password for applications'),
  'drachtio.secretFile': pathSetting(orNull('none', path), null, 'file that holds that password'),
  'drachtio.tls.listen': setting(
    orNull('none', ipAndPort),
    null,
    'address of drachtio-server that takes SIP over TLS; for engine render, as are the three that follow',
  ),
  'drachtio.tls.certificateFile': pathSetting(orNull('none', path), null, 'certificate, PEM'),
  'drachtio.tls.chainFile': pathSetting(orNull('none', path), null, 'certificates up to the authority; none: the same'),
  'drachtio.tls.keyFile': pathSetting(orNull('none', path), null, 'private key of the certificate, PEM'),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;

/** The settings as a plain list, where their types do not matter. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** The environment variable of a setting: `entry.pinLength` is `PARTYLINE_ENTRY_PIN_LENGTH`. */
export function environmentName(key: string): string {
  return `PARTYLINE_${key
    .replaceAll('.', '_')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toUpperCase()}`;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSecret, escapeXml, renderTemplate } from './template.js';

/** A configuration file, ready to be written: it may hold a secret. */
export interface RenderedFile {
  readonly name: string;
  readonly text: string;
}

/** What the templates of a mixer ask for, by the names they use. Networks in CIDR notation, directories absolute. */
export interface MixerValues {
  readonly maxSessions: number;
  readonly rtpStartPort: number;
  readonly rtpEndPort: number;
  readonly rtpAddress: string;
  readonly rtpAdvertisedAddress: string;
  readonly sipAddress: string;
  readonly sipPort: number;
  readonly signallingCidr: string;
  readonly eventSocketAddress: string;
  readonly eventSocketPort: number;
  readonly eventSocketSecret: string;
  readonly controlCidr: string;
  readonly dbDirectory: string;
  readonly logDirectory: string;
}

/** One address drachtio-server takes SIP on. */
export interface SignallingContact {
  readonly address: string;
  readonly port: number;
  readonly transports: readonly ('udp' | 'tcp' | 'tls')[];
  /** Told to far ends instead of `address`, but not to those in `localNetwork`; IPv4. */
  readonly external?: string;
  /** CIDR, IPv4. */
  readonly localNetwork?: string;
}

export interface SignallingValues {
  readonly adminAddress: string;
  readonly adminPort: number;
  readonly adminSecret: string;
  readonly contacts: readonly SignallingContact[];
  /** Files of the certificate, its chain and its key, PEM; absolute. */
  readonly tls: { readonly certificateFile: string; readonly chainFile: string; readonly keyFile: string } | null;
  readonly logFile: string;
  readonly logArchive: string;
}

const TEMPLATES = fileURLToPath(new URL('../../../freeswitch-conf/', import.meta.url));
const SIGNALLING_FILE = 'drachtio.conf.xml';

/** The SIP profile that these mixers have. */
export const MIXER_PROFILE = 'drachtio_mrf';

/** The configuration of a mixer, from `freeswitch-conf/mixer`. @throws Error where the secret is a known or a short one */
export function renderMixer(values: MixerValues): readonly RenderedFile[] {
  checkSecret(values.eventSocketSecret, "FreeSWITCH's event socket");
  const directory = join(TEMPLATES, 'mixer');
  const all = { ...values, sessionsPerSecond: Math.max(100, Math.floor(values.maxSessions / 10)) };
  return readdirSync(directory)
    .filter((name) => name.endsWith('.xml'))
    .sort()
    .map((name) => ({ name, text: renderTemplate(readFileSync(join(directory, name), 'utf8'), all) }));
}

/** The configuration of drachtio-server, from `freeswitch-conf/signalling`. @throws Error where the secret is a known or a short one */
export function renderSignalling(values: SignallingValues): readonly RenderedFile[] {
  checkSecret(values.adminSecret, 'drachtio-server');
  const { contacts, tls, ...plain } = values;
  const filled = { ...plain, contactsXml: contacts.map(contactXml).join(''), tlsXml: tls === null ? '' : tlsXml(tls) };
  const template = readFileSync(join(TEMPLATES, 'signalling', SIGNALLING_FILE), 'utf8');
  return [{ name: SIGNALLING_FILE, text: renderTemplate(template, filled) }];
}

function contactXml({ address, port, transports, external, localNetwork }: SignallingContact): string {
  const attribute = (name: string, value: string | undefined): string =>
    value === undefined ? '' : ` ${name}="${escapeXml(value)}"`;
  const attributes = attribute('external-ip', external) + attribute('local-net', localNetwork);
  const scheme = transports.includes('tls') ? 'sips' : 'sip';
  const host = address.includes(':') ? `[${address}]` : address;
  return `      <contact${attributes}>${scheme}:${escapeXml(host)}:${port};transport=${transports.join(',')}</contact>\n`;
}

function tlsXml({ certificateFile, chainFile, keyFile }: NonNullable<SignallingValues['tls']>): string {
  // Without a chain file drachtio-server ends at its start, without a word.
  return [
    '    <tls>',
    `      <key-file>${escapeXml(keyFile)}</key-file>`,
    `      <cert-file>${escapeXml(certificateFile)}</cert-file>`,
    `      <chain-file>${escapeXml(chainFile)}</chain-file>`,
    '      <min-tls-version>1.2</min-tls-version>',
    '    </tls>\n',
  ].join('\n');
}

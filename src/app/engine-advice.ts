import { environmentName } from './config/settings.js';

const variable = environmentName;

/** What an administrator can do about trouble with an engine; the adapters tell the trouble and know no settings. */
const ADVICE: readonly (readonly [trouble: RegExp, advice: string])[] = [
  [
    /^drachtio-server .*refused our secret/,
    `set ${variable('drachtio.secret')} to the secret in its drachtio.conf.xml`,
  ],
  [
    /FreeSWITCH .*refused the event-socket secret/,
    "set the mixer's eventSocket.secret to the password in its event_socket.conf.xml",
  ],
  [/^drachtio-server does not answer/, `start it, or correct ${variable('drachtio.host')} and _PORT`],
  [/FreeSWITCH does not answer/, "start it, or correct the mixer's eventSocket.host and port"],
  [/FreeSWITCH .*does not have mod_/, 'load it in its modules.conf.xml, as in freeswitch-conf/mixer'],
  [/FreeSWITCH .*no SIP profile/, "start that profile, or correct the mixer's profile"],
];

/** The trouble with what to do about it, where that is known. */
export function advised(trouble: string): string {
  const advice = ADVICE.find(([kind]) => kind.test(trouble))?.[1];
  return advice === undefined ? trouble : `${trouble}: ${advice}`;
}

/** The error with what to do about it, where that is known. */
export function withAdvice(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = advised(error.message);
  return message === error.message ? error : new Error(message, { cause: error });
}

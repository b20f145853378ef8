import { enoughDigits, GUESS_RISK_LIMIT, guessRisk, MISSES_A_DAY } from '../../domain/access/pins.js';
import { UNPROVISIONED_NUMBER } from '../../domain/access/dial-in.js';
import type { Store } from '../../ports/store.js';
import { checkPinKey, hasDatabase, isDataDirectoryHeld } from '../compose-store.js';
import { runningOutInWords } from '../bookings/running-out.js';
import type { Config } from '../config.js';
import { portTrouble, tooFewAudioPorts, whyNotFree } from '../ports.js';
import { loadPrompts } from '../prompts.js';
import { readRunningNote } from '../running-file.js';
import type { CliContext } from './context.js';
import { bridgeAnswers } from './probes.js';

/** What one look at the installation says. `failed`: the bridge does not work like this. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed';
  /** One line; for a failure with what to do. */
  readonly text: string;
}

const LEAST_NODE = 20;

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @param version as in `process.versions.node` */
export function checkNode(version: string): Finding {
  const check = 'node';
  if (Number.parseInt(version, 10) >= LEAST_NODE) return { check, status: 'ok', text: version };
  return { check, status: 'failed', text: `${version} is too old: install Node.js ${LEAST_NODE} or later` };
}

/** Database, PIN key, and what is in them. */
export async function checkStore(context: CliContext, config: Config): Promise<readonly Finding[]> {
  const database = config.databaseFile;
  try {
    if (!hasDatabase(config)) {
      const key = checkPinKey(config, null);
      const text = `${database} does not exist yet: partyline account add makes it`;
      return [{ check: 'database', status: 'ok', text }, ...(key === null ? [] : [keyFinding(key)])];
    }
    return await context.withStore((store) => {
      const troubles = store.check();
      const findings: Finding[] = troubles.map((text) => ({ check: 'database', status: 'failed', text }));
      if (troubles.length === 0) findings.push({ check: 'database', status: 'ok', text: database });
      return [
        ...findings,
        keyFinding(checkPinKey(config, store)),
        checkPinStrength(store, config),
        ...checkWaysIn(store, config),
        checkDeliveries(store, config),
        ...checkBookings(store),
      ];
    });
  } catch (error) {
    return [{ check: 'database', status: 'failed', text: reason(error) }];
  }
}

const keyFinding = (problem: string | null): Finding =>
  problem === null
    ? { check: 'PIN key', status: 'ok', text: 'can be read by its owner alone' }
    : { check: 'PIN key', status: 'failed', text: problem };

/** What could not be sent to people. */
function checkDeliveries(store: Store, { messages: { mail, sms } }: Config): Finding {
  const check = 'messages';
  const failed = store.countFailedDeliveries();
  if (failed > 0) {
    return { check, status: 'warning', text: `${failed} given up: see partyline delivery list --failed` };
  }
  const ways = [...(mail === null ? [] : [`mail by ${mail.host}`]), ...(sms === null ? [] : ['SMS by webhook'])];
  return { check, status: 'ok', text: ways.length === 0 ? 'none are sent (mail.host, sms.url)' : ways.join(', ') };
}

/** Whose PINs somebody has to draw soon. */
function checkBookings(store: Store): readonly Finding[] {
  const text = runningOutInWords(store, Date.now());
  return text === null ? [] : [{ check: 'bookings', status: 'warning', text }];
}

/** Whoever dials a number can try the PINs of its length: as strong as the length that is the easiest to guess. */
function checkPinStrength(store: Store, config: Config): Finding {
  const check = 'PIN strength';
  const lengths = new Set(store.numbers().map(({ pinLength }) => pinLength));
  if (lengths.size === 0) lengths.add(config.entry.pinLength);
  const [worst] = [...lengths]
    .map((length) => ({ length, live: store.livePins(length) }))
    .map((one) => ({ ...one, risk: guessRisk(one.live, one.length) }))
    .sort((a, b) => b.risk - a.risk);
  const { length, live, risk } = worst ?? { length: config.entry.pinLength, live: 0, risk: 0 };
  const text = `${live} PINs and codes of ${length} digits: ${(risk * 100).toPrecision(2)} % a day to be guessed by ${MISSES_A_DAY} tries`;
  if (risk <= GUESS_RISK_LIMIT) return { check, status: 'ok', text };
  const enough = enoughDigits(live);
  const longer = enough === null ? 'longer ones' : `${enough} digits`;
  return {
    check,
    status: 'warning',
    text: `${text}: add a number for ${longer} (number add --pin-length) and rotate (pin rotate)`,
  };
}

function checkWaysIn(store: Store, config: Config): readonly Finding[] {
  const numbers = store.numbers();
  const trunks = store.trunks();
  const unknown = numbers.flatMap(({ greeting }) =>
    greeting === null || greeting === 'welcome' || Object.hasOwn(config.prompts.greetings, greeting) ? [] : [greeting],
  );
  return [
    numbers.length > 0
      ? { check: 'numbers', status: 'ok', text: numbers.map(({ number }) => number).join(', ') }
      : {
          check: 'numbers',
          status: 'warning',
          text: `none, so only "${UNPROVISIONED_NUMBER}" is answered: partyline number add NUMBER`,
        },
    trunks.length > 0
      ? { check: 'trunks', status: 'ok', text: trunks.map(({ name }) => name).join(', ') }
      : {
          check: 'trunks',
          status: 'warning',
          text: 'none, so only this machine can call: partyline trunk add NAME --source IP',
        },
    ...unknown.map((greeting): Finding => {
      const text = `no greeting "${greeting}" is configured (prompts.greetings): callers hear the ordinary one`;
      return { check: 'greetings', status: 'warning', text };
    }),
  ];
}

export function checkPrompts(config: Config): Finding {
  const check = 'prompts';
  try {
    loadPrompts(config);
    return { check, status: 'ok', text: `${config.prompts.directory}, voice ${config.prompts.voice}` };
  } catch (error) {
    return { check, status: 'failed', text: reason(error) };
  }
}

/** What keeps this from being seen is told by the look at the database. */
function isHeld(config: Config): boolean {
  try {
    return isDataDirectoryHeld(config);
  } catch {
    return false;
  }
}

/** The ports are free, or it is a running bridge that has them. */
export async function checkPorts(config: Config): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const audio = config.engine === 'embedded' ? tooFewAudioPorts(config) : null;
  if (audio !== null) findings.push({ check: 'audio ports', status: 'warning', text: audio });
  const { http } = config;
  const running = readRunningNote(config.dataDirectory);
  if (running !== null && isHeld(config)) {
    const text = `the bridge is running (process ${running.pid}, ${running.sip.join(', ')})`;
    return [...findings, { check: 'ports', status: 'ok', text }];
  }
  if (http !== null && http.port !== 0 && (await bridgeAnswers(http.host, http.port))) {
    return [
      ...findings,
      { check: 'ports', status: 'ok', text: `a bridge is running (http://${http.host}:${http.port})` },
    ];
  }
  const wanted = [
    // with drachtio-server in front, SIP is its business
    ...(config.engine === 'embedded' ? config.sip.listen.map((one) => ({ ...one, what: 'SIP' })) : []),
    ...(http === null ? [] : [{ transport: 'tcp' as const, ...http, what: 'HTTP' }]),
  ];
  for (const { transport, host, port, what } of wanted) {
    if (port === 0) continue;
    const problem = await whyNotFree(transport, host, port);
    const where = `${transport}:${host}:${port} (${what})`;
    findings.push(
      problem === null
        ? { check: 'ports', status: 'ok', text: `${where} is free` }
        : { check: 'ports', status: 'failed', text: `${where} cannot be used: ${portTrouble(problem)}` },
    );
  }
  return findings;
}

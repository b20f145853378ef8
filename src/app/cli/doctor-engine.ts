import { lookAtDialogOwner, lookAtDrachtio, lookAtMixer, type Looked, type MixerFacts } from '../compose-doctor.js';
import { missingPrograms } from '../compose-local-engine.js';
import type { Config, MixerConfig } from '../config.js';
import type { Finding } from './doctor-checks.js';

/** What the engine is made of, and whether each part answers. */
export async function checkEngine(config: Config): Promise<readonly Finding[]> {
  const check = 'engine';
  if (config.engine === 'embedded') return [{ check, status: 'ok', text: 'embedded: needs no other program' }];
  if (config.drachtio === null) {
    const missing = missingPrograms();
    const text = `freeswitch needs ${missing.join(' and ')}, not found on this machine: install, or use the engine embedded`;
    if (missing.length > 0) return [{ check, status: 'failed', text }];
    return [{ check, status: 'ok', text: 'drachtio-server and FreeSWITCH of this machine' }];
  }
  const [drachtio, owner, mixers] = await Promise.all([
    checkDrachtio(config.drachtio),
    checkDialogOwner(config),
    Promise.all(config.mixers.map(lookAtMixer)),
  ]);
  return [
    drachtio,
    owner,
    ...config.mixers.flatMap((mixer, index) => mixerFinding(mixer, mixers[index])),
    ...together(config, mixers),
  ];
}

async function checkDrachtio(drachtio: NonNullable<Config['drachtio']>): Promise<Finding> {
  const check = 'drachtio';
  const look = await lookAtDrachtio(drachtio);
  if (look.problem !== null) return { check, status: 'failed', text: look.problem };
  const where = look.listening.map((address) => address.replace('/', ':')).join(', ');
  return { check, status: 'ok', text: `takes our secret at ${drachtio.host}:${drachtio.port}; SIP at ${where}` };
}

async function checkDialogOwner({ dialogOwner }: Config): Promise<Finding> {
  const check = 'dialog owner';
  if (dialogOwner === null) {
    const text = 'none (dialogOwner.socket): calls end with the process of the bridge';
    return { check, status: 'ok', text };
  }
  const look = await lookAtDialogOwner(dialogOwner);
  if (look.problem !== null) return { check, status: 'failed', text: look.problem };
  const text = `answers at ${dialogOwner.socket}, ${look.serving ? 'and serves a bridge' : 'waits for a bridge'}`;
  if (look.trouble === null) return { check, status: 'ok', text };
  return { check, status: 'failed', text: `${text}, but is ${look.trouble}` };
}

function mixerFinding(
  { name, eventSocket: { host, port }, profile, drain }: MixerConfig,
  look: Looked<MixerFacts> | undefined,
): readonly Finding[] {
  if (look === undefined) return [];
  const check = `mixer ${name}`;
  if (look.problem !== null) return [{ check, status: 'failed', text: look.problem }];
  const { version, sip, maxSessions, sessionsPerSecond } = look;
  const limits = [
    ...(maxSessions === null ? [] : [`max-sessions ${maxSessions}`]),
    ...(sessionsPerSecond === null ? [] : [`sessions-per-second ${sessionsPerSecond}`]),
    ...(drain ? ['draining'] : []),
  ].join(', ');
  const at = sip.replace(/^sip:(?:[^@]*@)?/, '');
  const text = `FreeSWITCH ${version} at ${host}:${port}, profile ${profile} at ${at}${limits === '' ? '' : `; ${limits}`}`;
  return [{ check, status: 'ok', text }];
}

/** What no mixer is to blame for alone. */
function together(config: Config, looks: readonly Looked<MixerFacts>[]): readonly Finding[] {
  const check = 'mixers';
  const working = looks.flatMap((look, index) => {
    const mixer = config.mixers[index];
    return look.problem !== null || mixer === undefined ? [] : [{ ...look, ...mixer }];
  });
  const findings: Finding[] = [];
  if (new Set(working.map(({ version }) => version)).size > 1) {
    const text = `different versions (${working.map(({ name, version }) => `${name} ${version}`).join(', ')}): they work together, but callers may hear a difference; bring them to one`;
    findings.push({ check, status: 'warning', text });
  }
  const taking = working.filter(({ drain }) => !drain);
  if (working.length > 0 && taking.length === 0) {
    findings.push({ check, status: 'failed', text: 'all that work are being drained: nobody can call' });
  }
  const room = taking.reduce((sum, { maxSessions }) => sum + (maxSessions ?? Number.POSITIVE_INFINITY), 0);
  if (taking.length > 0 && room < config.maximumCalls) {
    const text = `take ${room} calls together, and maximumCalls is ${config.maximumCalls}: raise their max-sessions, or lower it`;
    findings.push({ check, status: 'warning', text });
  }
  return findings;
}

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { startBridge, type TestBridge } from '../kit/bridge.js';
import { onEngine, type EngineName } from '../kit/engines.js';
import { MESSAGES, overTcp, REPETITIONS, type TortureMessage } from './messages.js';
import { DatagramSender, sendOverTcp, type Answer } from './sender.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/rfc4475/', import.meta.url));
/** An error nobody expected, or a handler that broke. */
const EXCEPTION = /unexpected error|"level":[56]0| failed: /;
const STACK_TRACE = /\n\s+at /;
const CALL_LIMIT_MS = 10_000;
/** The port of Via is 5060 where it says none: answers go there, so the test needs it. */
const PORTS_TAKEN = 'another program holds port 5060, 5061 or 5050 of every address, where answers go';
/** drachtio-server looks up the host in Via to refuse these, and no name shall be looked up by a test. */
const LOOKED_UP: ReadonlySet<string> = new Set(['scalar02', 'badvers']);

const bytesOf = ({ name }: Pick<TortureMessage, 'name'>): Buffer => readFileSync(`${FOLDER}${name}.dat`);

/** A bridge for a suite, and what it logged since the last look. */
function withBridge(engine: EngineName): () => TestBridge {
  let bridge: TestBridge | null = null;
  beforeAll(async () => {
    bridge = await startBridge({ engine });
  }, 90_000);
  afterAll(async () => {
    await bridge?.stop();
  }, 60_000);
  return () => {
    if (bridge === null) throw new Error('the bridge did not start');
    return bridge;
  };
}

/** Somebody who sends datagrams; `null` where the ports for the answers are taken. */
function withSender(from: string, bridge: () => TestBridge): () => DatagramSender | null {
  let sender: DatagramSender | null = null;
  beforeAll(async () => {
    sender = await DatagramSender.open(from, bridge().port);
    if (sender === null) console.warn(`skipped: ${PORTS_TAKEN}`);
  });
  afterAll(() => sender?.close());
  return () => sender;
}

/** INVITE, 200, ACK, BYE, 200. */
async function callWorks(bridge: TestBridge): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no call within ${CALL_LIMIT_MS} ms`)), CALL_LIMIT_MS);
  });
  const call = async (): Promise<void> => {
    const telephone = await Telephone.dial({ target: bridge.address });
    await telephone.hangUp();
    expect((await telephone.ended).by).toBe('us');
  };
  await Promise.race([call(), late]).finally(() => clearTimeout(timer));
}

const isOfInvite = ({ headers }: Answer): boolean => /INVITE$/.test(headers.get('cseq') ?? '');

function expectNoException(log: string): void {
  expect(log).not.toMatch(EXCEPTION);
  expect(log).not.toMatch(STACK_TRACE);
}

/** The same INVITE, its audio to come to loopback: nothing may leave the machine. */
function withLocalAudio(invite: Buffer): Buffer {
  const text = invite.toString('latin1');
  const at = text.indexOf('\r\n\r\n') + 4;
  const body = text.slice(at).replaceAll(/(?<=IN IP4 )\S+/g, '127.0.0.1');
  const head = text.slice(0, at).replace(/^(content-length|l)\s*:.*$/im, `Content-Length: ${body.length}`);
  return Buffer.from(head + body, 'latin1');
}

const statuses = (answers: readonly Answer[]): readonly number[] => answers.map(({ status }) => status);

describe('the torture messages of RFC 4475', () => {
  it('are all 49 here, each with what is owed to it', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.dat'));
    expect(MESSAGES.map(({ name }) => `${name}.dat`).toSorted()).toEqual(files.toSorted());
    expect(MESSAGES).toHaveLength(49);
  });

  onEngine('embedded', () => {
    for (const [title, from, messages] of [
      ['over udp', '127.44.75.1', MESSAGES.filter(({ name }) => !REPETITIONS.has(name))],
      [
        'over udp, those that have the branch of another one',
        '127.44.75.2',
        MESSAGES.filter(({ name }) => REPETITIONS.has(name)),
      ],
    ] as const) {
      describe(title, { concurrent: false }, () => {
        const bridge = withBridge('embedded');
        const sender = withSender(from, bridge);

        for (const message of messages) {
          const { name, section, udp, because } = message;
          it(`${name} (${section}): ${udp}, and a call works right after`, async ({ skip }) => {
            const datagrams = sender() ?? skip(PORTS_TAKEN);
            const logged = bridge().log.length;
            const wanted = udp === 'silence' ? [] : [udp];
            datagrams.send(bytesOf(message));
            for (const answer of await datagrams.answers(wanted.length)) {
              if (isOfInvite(answer)) datagrams.acknowledge(answer);
            }
            // Datagrams are served in order: once the call has been, so has the message.
            await callWorks(bridge());
            expect(statuses(datagrams.finals), because).toEqual(wanted);
            expectNoException(bridge().log.slice(logged));
          });
        }
      });
    }

    // A bridge of its own: what was sent over UDP already would count as repeated.
    describe('over tcp', { concurrent: false }, () => {
      const bridge = withBridge('embedded');

      for (const message of MESSAGES) {
        const wanted = overTcp(message);
        const answer = wanted.length === 0 ? 'silence' : wanted.join(' and ');
        it(`${message.name} (${message.section}): ${answer}, and a call works right after`, async () => {
          const logged = bridge().log.length;
          const answers = await sendOverTcp(bridge().port, bytesOf(message), wanted.length, () => callWorks(bridge()));
          expect(statuses(answers), message.because).toEqual(wanted);
          expectNoException(bridge().log.slice(logged));
        });
      }
    });

    describe('where somebody has the number', { concurrent: false }, () => {
      const bridge = withBridge('embedded');
      const sender = withSender('127.44.75.3', bridge);
      beforeAll(async () => {
        expect((await bridge().command('number', 'add', 'user')).status).toBe(0);
      });

      for (const name of ['longreq', 'baddate']) {
        it(`${name} is a call that is answered and hung up`, async ({ skip }) => {
          const datagrams = sender() ?? skip(PORTS_TAKEN);
          const logged = bridge().log.length;
          datagrams.send(withLocalAudio(bytesOf({ name })));
          const [accepted] = await datagrams.answers(1);
          if (accepted === undefined) throw new Error('no answer');
          expect(accepted.status).toBe(200);
          datagrams.within(accepted, 'ACK', 0);
          datagrams.within(accepted, 'BYE', 1);
          const [, ended] = await datagrams.answers(2);
          expect(ended).toMatchObject({ status: 200 });
          expect(ended?.headers.get('cseq')).toMatch(/BYE$/);
          expectNoException(bridge().log.slice(logged));
        });
      }
    });
  });

  // drachtio-server answers most of these by itself; what matters is that nobody is harmed.
  onEngine('freeswitch', () => {
    describe('over udp', { concurrent: false }, () => {
      const bridge = withBridge('freeswitch');
      const sender = withSender('127.44.75.4', bridge);

      for (const message of MESSAGES) {
        it(`${message.name} (${message.section}) harms nobody: a call works right after`, async ({ skip }) => {
          if (LOOKED_UP.has(message.name)) skip('drachtio-server would look up its host');
          const datagrams = sender() ?? skip(PORTS_TAKEN);
          const logged = bridge().log.length;
          datagrams.send(bytesOf(message));
          await callWorks(bridge());
          for (const answer of datagrams.finals) {
            if (isOfInvite(answer)) datagrams.acknowledge(answer);
          }
          expect(bridge().log.slice(logged)).not.toMatch(EXCEPTION);
        });
      }
    });

    describe('over tcp', { concurrent: false }, () => {
      const bridge = withBridge('freeswitch');

      for (const message of MESSAGES) {
        it(`${message.name} (${message.section}) harms nobody: a call works right after`, async ({ skip }) => {
          if (LOOKED_UP.has(message.name)) skip('drachtio-server would look up its host');
          const logged = bridge().log.length;
          await sendOverTcp(bridge().port, bytesOf(message), 0, () => callWorks(bridge()));
          expect(bridge().log.slice(logged)).not.toMatch(EXCEPTION);
        });
      }
    });
  });
});

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { describe, expect, it, type TestContext } from 'vitest';
import { forEachEngine, type EngineName } from '../kit/engines.js';
import { callWith, Installation, MAIN, until } from './program.js';

/** What someone sees who types at a terminal of 80 columns. */
class Terminal {
  readonly ended: Promise<number | null>;
  shown = '';
  readonly #child: ChildProcess;
  readonly #keyboard: (text: string) => void;

  constructor(test: TestContext, installation: Installation, command: string) {
    try {
      execFileSync('script', ['--version'], { stdio: 'ignore' });
    } catch {
      test.skip('there is no script(1) here to make a terminal with');
    }
    const child = spawn('script', ['-qefc', `stty cols 80; exec ${command}`, '/dev/null'], {
      cwd: installation.directory,
      env: { ...installation.env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (text: Buffer) => (this.shown += text.toString('utf8')));
    this.#keyboard = (text) => void child.stdin.write(text);
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve(code));
    });
    this.#child = child;
    test.onTestFinished(() => this.close());
  }

  /** As when its window is closed, or the line to the machine breaks. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  type(text: string): void {
    this.#keyboard(text);
  }
}

const program = (words: string): string => `'${process.execPath}' '${MAIN}' ${words}`;

const ready = async (installation: Installation): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${installation.httpPort}/readyz`).catch(() => null))?.status === 200;

const status = async (installation: Installation): Promise<{ readonly conferences: number }> =>
  (await (await fetch(`http://127.0.0.1:${installation.httpPort}/status`)).json()) as { readonly conferences: number };

forEachEngine((engine: EngineName) => {
  it('Ctrl-C at a terminal says BYE to every caller, and ends with exit status 0', async (test) => {
    const installation = await Installation.make(test);
    const terminal = new Terminal(test, installation, program(`serve --demo --engine ${engine}`));
    await until('the bridge to be ready', () => ready(installation));
    await until('the PINs', () => /Guest PIN +\d{9}/.test(terminal.shown));
    const pin = /Host PIN +(\d{9})/.exec(terminal.shown)?.[1] ?? '';
    const telephone = await callWith(installation, pin);
    await until('the conference', async () => (await status(installation)).conferences === 1);
    // everything that runs at the terminal gets it, the engine's programs too if they are not kept apart
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(0);
    expect((await telephone.ended).by).toBe('them');
    expect(terminal.shown).toContain('Ending: every caller gets a BYE');
    expect(terminal.shown).not.toContain('an engine program ended');
    await installation.expectNothingLeft();
  });
});

describe.concurrent('a terminal that is closed', () => {
  it('ends the bridge in order: BYE to every caller, nothing left behind', async (test) => {
    const installation = await Installation.make(test);
    const account = await installation.addAccount();
    const terminal = new Terminal(test, installation, program('serve'));
    await until('the bridge to be ready', () => ready(installation));
    const telephone = await callWith(installation, account.hostPin);
    await until('the conference', async () => (await status(installation)).conferences === 1);
    terminal.close();
    expect((await telephone.ended).by).toBe('them');
    await installation.expectNothingLeft();
  });
});

describe.concurrent('at a terminal of 80 columns', () => {
  it('the start says what to dial and what to type, in lines that fit', async (test) => {
    const installation = await Installation.make(test);
    const terminal = new Terminal(test, installation, program('serve --demo'));
    await until('the whole greeting', () => /Ctrl-C ends .*\r?\n/.test(terminal.shown));
    const greeting = terminal.shown.split(/\r?\n/).filter((line) => !line.startsWith('warning:'));
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(0);
    expect(greeting.join('\n')).toContain(`npx partyline call sip:conference@127.0.0.1:${installation.port} --pin`);
    const data = installation.data.length;
    expect(greeting.filter((line) => line.length > Math.max(80, data + 13))).toEqual([]);
  });

  it('tables of long names fit', async (test) => {
    const installation = await Installation.make(test);
    const name = 'Department of very long names, and of longer ones still, regional office';
    await installation.run(['account', 'add', '--name', name]);
    for (const words of ['account list', 'config']) {
      const terminal = new Terminal(test, installation, program(words));
      expect(await terminal.ended).toBe(0);
      const lines = terminal.shown.split(/\r?\n/);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
  });

  it('account remove asks, and takes nothing but yes for an answer', async (test) => {
    const installation = await Installation.make(test);
    await installation.addAccount();
    const unsure = new Terminal(test, installation, program('account remove Test'));
    await until('the question', () => unsure.shown.includes('Type yes to go on:'));
    unsure.type('y\r');
    expect(await unsure.ended).toBe(1);
    expect(unsure.shown).toContain('error: nothing was removed');
    const sure = new Terminal(test, installation, program('account remove Test'));
    await until('the question', () => sure.shown.includes('Type yes to go on:'));
    sure.type('yes\r');
    expect(await sure.ended).toBe(0);
    expect((await installation.run(['account', 'list', '--json'])).stdout).toBe('[]\n');
  });
});

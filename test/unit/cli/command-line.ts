import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { loadPinKey } from '../../../src/adapters/system/pin-key.js';
import { runCli } from '../../../src/app/cli/program.js';
import type { Stores } from '../../../src/app/cli/context.js';
import type { Environment } from '../../../src/app/config.js';

/** What one command did. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The one line an error has. */
export const ONE_LINE_ERROR = /^error: [^\n]+\n$/;

/** A command line with a data directory of its own. */
export class CommandLine {
  readonly directory = mkdtempSync(join(tmpdir(), 'partyline-cli-'));
  readonly data = join(this.directory, 'var');
  env: Environment = {};
  /** What someone at the terminal answers; `null`: there is no terminal. */
  answer: string | null = null;
  /** Questions asked so far. */
  readonly questions: string[] = [];
  stores: Stores | undefined;

  async run(...args: readonly string[]): Promise<Ran> {
    let stdout = '';
    let stderr = '';
    const status = await runCli(
      args,
      {
        stdout: (text) => {
          stdout += text;
        },
        stderr: (text) => {
          stderr += text;
        },
        env: this.env,
        workingDirectory: this.directory,
        isTerminal: this.answer !== null,
        ask: (question) => {
          this.questions.push(question);
          return Promise.resolve(this.answer ?? '');
        },
      },
      this.stores,
    );
    return { status, stdout, stderr };
  }

  /** Runs a command that must succeed and gives the JSON it printed. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Its store, with the hash PINs have there. */
  withStore<T>(look: (store: SqliteStore, hash: (digits: string) => string) => T): T {
    const store = SqliteStore.open({ file: join(this.data, 'partyline.db') });
    try {
      const version = (): number => store.pinKeyVersion();
      const pins = loadPinKey(this.data, () => false, version);
      return look(store, (digits) => pins.hash(digits));
    } finally {
      store.close();
    }
  }

  async addAccount(...args: readonly string[]): Promise<NewAccount> {
    return (await this.json('account', 'add', ...args)) as NewAccount;
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true });
  }
}

export interface NewAccount {
  readonly id: string;
  readonly name: string;
  readonly hostPin: string;
  readonly guestPin: string;
}

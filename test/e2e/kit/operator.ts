import { runCli } from '../../../src/app/cli/program.js';

/** Shorter ones would be found by chance, in the time of day. */
const SHORTEST_SECRET = 7;

/** An account with its PINs, as the command line made it. */
export interface TestAccount {
  readonly id: string;
  readonly name: string;
  readonly hostPin: string;
  readonly guestPin: string;
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whoever gives the commands of the command line to a bridge under test, and knows what must never be logged. */
export class Operator {
  readonly #env: NodeJS.ProcessEnv;
  readonly #directory: string;
  readonly #secrets = new Set<string>();
  #accounts = 0;

  constructor(env: NodeJS.ProcessEnv, workingDirectory: string) {
    this.#env = env;
    this.#directory = workingDirectory;
  }

  /** Runs a command in this process: dozens of processes that start at once would take the time of the calls. */
  async command(...words: readonly string[]): Promise<CommandResult> {
    let stdout = '';
    let stderr = '';
    const status = await runCli(words, {
      stdout: (text) => (stdout += text),
      stderr: (text) => (stderr += text),
      env: this.#env,
      workingDirectory: this.#directory,
      isTerminal: false,
      ask: () => Promise.resolve(''),
    });
    return { status, stdout, stderr };
  }

  /** An account of its own for one test: a conference nobody else is in. */
  async addAccount(...flags: readonly string[]): Promise<TestAccount> {
    this.#accounts += 1;
    const result = await this.command('account', 'add', '--name', `Test ${this.#accounts}`, ...flags, '--json');
    if (result.status !== 0) throw new Error(`account add failed: ${result.stderr}`);
    const account = JSON.parse(result.stdout) as TestAccount;
    this.keepSecret(account.hostPin);
    this.keepSecret(account.guestPin);
    return account;
  }

  /** These keys must never be found in a log. */
  keepSecret(keys: string): void {
    if (keys.length >= SHORTEST_SECRET) this.#secrets.add(keys);
  }

  /** How many secrets are in there. */
  leaksIn(content: string | Buffer): number {
    return [...this.#secrets].filter((secret) => content.includes(secret)).length;
  }
}

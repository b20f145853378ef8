import { runCli } from '../../../src/app/cli/program.js';
import { openExistingStore } from '../../../src/app/compose-store.js';
import { loadConfig } from '../../../src/app/config.js';
import { accountId } from '../../../src/domain/identifiers.js';
import type { ConferenceRecord } from '../../../src/ports/store.js';
import { eventually } from './eventually.js';

/** Shorter ones would be found by chance, in the time of day. */
const SHORTEST_SECRET = 7;
/** A record is written when everything of its call is gone. */
const RECORD_LIMIT_MS = 15_000;

/** An account with its PINs, as the command line made it. */
export interface TestAccount {
  readonly id: string;
  readonly name: string;
  readonly hostPin: string;
  readonly guestPin: string;
  /** Where there is one. */
  readonly securityCode?: string;
}

/** An account with one access code for all. */
export interface AccessCodeAccount {
  readonly id: string;
  readonly name: string;
  readonly accessCode: string;
  readonly moderatorPin: string;
}

/** A call record, as `report calls --json` gives it; more is in it than tests look at. */
export interface CallRow {
  readonly id: string;
  readonly sipCallId: string;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly joinedAt: string | null;
  readonly endedAt: string;
  /** `null` where the caller was never in. */
  readonly talkSeconds: number | null;
  readonly caller: string | null;
  readonly dialled: string;
  readonly accountName: string | null;
  /** The conference it was in, or wanted to be in. */
  readonly conferenceRecordId: number | null;
  readonly role: string | null;
  readonly outcome: string;
  readonly keyMethod: string | null;
  readonly direction: string;
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
  addAccount(...flags: readonly string[]): Promise<TestAccount> {
    return this.#added<TestAccount>(flags);
  }

  addAccessCodeAccount(...flags: readonly string[]): Promise<AccessCodeAccount> {
    return this.#added<AccessCodeAccount>(['--access-code', ...flags]);
  }

  async #added<Account extends object>(flags: readonly string[]): Promise<Account> {
    this.#accounts += 1;
    const result = await this.command('account', 'add', '--name', `Test ${this.#accounts}`, ...flags, '--json');
    if (result.status !== 0) throw new Error(`account add failed: ${result.stderr}`);
    const account = JSON.parse(result.stdout) as Account;
    for (const [what, keys] of Object.entries(account)) if (/pin|code/i.test(what)) this.keepSecret(String(keys));
    return account;
  }

  /** The record of one call, as soon as it is written. @param sipCallId of the telephone */
  async record(sipCallId: string): Promise<CallRow> {
    const find = async (): Promise<CallRow | undefined> =>
      (await this.calls()).find((one) => one.sipCallId === sipCallId);
    const row = await eventually(`record of call ${sipCallId}`, RECORD_LIMIT_MS, find, (found) => found !== undefined);
    return row as CallRow;
  }

  /** The records of calls that have ended. @param filters flags of `report calls` */
  async calls(...filters: readonly string[]): Promise<readonly CallRow[]> {
    const { status, stdout, stderr } = await this.command('report', 'calls', '--limit', '10000', ...filters, '--json');
    if (status !== 0) throw new Error(`report calls failed: ${stderr}`);
    return JSON.parse(stdout) as readonly CallRow[];
  }

  /** What the records of the account's conferences say, oldest first, as soon as so many have ended: no command lists them yet. */
  async conferences(account: string, ended: number): Promise<readonly ConferenceRecord[]> {
    const { config } = loadConfig({ env: this.#env, workingDirectory: this.#directory });
    const ask = (): ConferenceRecord[] => {
      const store = openExistingStore(config);
      const records = store.conferenceRecords({ limit: 100, accountId: accountId(account) });
      store.close();
      return records.filter(({ outcome }) => outcome !== null);
    };
    const over = await eventually(`end of ${ended} conferences`, RECORD_LIMIT_MS, ask, ({ length }) => length >= ended);
    return over.toSorted((one, other) => one.startedAt - other.startedAt);
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

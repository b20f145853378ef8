import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { TestBridge } from '../kit/bridge.js';
import { freePort } from '../kit/ports.js';
import { Program } from './programs.js';

const SCENARIOS = fileURLToPath(new URL('../../fixtures/sipp/', import.meta.url));
const LOOPBACK = '127.0.0.1';
const USUAL_LIMIT_MS = 60_000;
const CALL_AT_ONCE = 1;
/** A port was taken by somebody else between our look and SIPp's: it is tried again. */
const TAKEN = /Unable to bind|Address already in use/;
const TRIES = 3;

export interface SippOptions {
  /** Name of a file in `test/fixtures/sipp`, without `.xml`. */
  readonly scenario: string;
  readonly transport: 'udp' | 'tcp';
  /** What is dialled; default `conference`. */
  readonly service?: string;
  /** The keyword `pin` of the scenario. */
  readonly pin?: string;
  /** Length of its pauses that have none of their own, milliseconds. */
  readonly pauseMs?: number;
  /** Calls one after the other; default 1. */
  readonly calls?: number;
  /** Address of both sides; default 127.0.0.1. */
  readonly address?: string;
  /** Port of the bridge, where it is not the usual one. */
  readonly port?: number;
  readonly limitMs?: number;
  /** Makes the files that the scenario plays. */
  readonly prepare?: (directory: string) => Promise<void>;
}

/** A record of `partyline report calls --json`, as far as these tests look at it. */
export interface ReportedCall {
  readonly sipCallId: string;
  readonly outcome: string;
  readonly keyMethod: string | null;
  readonly codec: string | null;
  readonly trunk: string | null;
  readonly dialled: string;
}

/** SIPp playing one scenario against a bridge. */
export class SippCall {
  readonly #name = randomBytes(6).toString('hex');
  readonly #bridge: TestBridge;
  readonly #options: SippOptions;
  readonly #finished: Promise<{ readonly status: number | null; readonly told: string }>;
  #program: Program | null = null;
  #stopped = false;

  constructor(bridge: TestBridge, options: SippOptions) {
    this.#bridge = bridge;
    this.#options = options;
    this.#finished = this.#run();
  }

  /** Until the scenario was played to its end, every message as expected. */
  async succeeds(): Promise<void> {
    const { status, told } = await this.#finished;
    expect(status, `SIPp, ${this.#options.scenario} over ${this.#options.transport}:\n${told}`).toBe(0);
  }

  /** The records of its calls, as soon as there are as many as it made. */
  async records(): Promise<readonly ReportedCall[]> {
    const wanted = this.#options.calls ?? CALL_AT_ONCE;
    for (let attempt = 1; ; attempt += 1) {
      const { status, stdout, stderr } = await this.#bridge.command('report', 'calls', '--json', '--limit', '1000');
      expect(status, stderr).toBe(0);
      const calls = JSON.parse(stdout) as readonly ReportedCall[];
      const ours = calls.filter(({ sipCallId }) => sipCallId.startsWith(this.#name));
      if (ours.length >= wanted || attempt === 5) return ours;
    }
  }

  async record(): Promise<ReportedCall> {
    const [first, ...others] = await this.records();
    if (first === undefined) throw new Error('the call has no record');
    expect(others).toEqual([]);
    return first;
  }

  /** Ends it whatever it does. */
  async kill(): Promise<void> {
    this.#stopped = true;
    await this.#program?.kill();
    await this.#finished.catch(() => undefined);
  }

  async #run(): Promise<{ readonly status: number | null; readonly told: string }> {
    const directory = await mkdtemp(join(tmpdir(), 'partyline-sipp-'));
    try {
      const { scenario, prepare } = this.#options;
      await copyFile(join(SCENARIOS, `${scenario}.xml`), join(directory, 'scenario.xml'));
      await prepare?.(directory);
      for (let attempt = 1; ; attempt += 1) {
        const result = await this.#attempt(directory);
        if (this.#stopped || attempt === TRIES || !TAKEN.test(result.told)) return result;
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #attempt(directory: string): Promise<{ readonly status: number | null; readonly told: string }> {
    const { transport, service, pin, pauseMs, calls, address = LOOPBACK, limitMs = USUAL_LIMIT_MS } = this.#options;
    const words = [
      `${address}:${this.#options.port ?? this.#bridge.port}`,
      ...['-sf', 'scenario.xml', '-s', service ?? 'conference', '-t', transport === 'udp' ? 'u1' : 't1'],
      ...['-i', address, '-p', String(await freePort()), '-mi', address, '-mp', String(await freePort())],
      ...['-m', String(calls ?? CALL_AT_ONCE), '-l', '1', '-r', '10', '-cid_str', `${this.#name}-%u@%s`],
      ...(pin === undefined ? [] : ['-key', 'pin', pin]),
      ...(pauseMs === undefined ? [] : ['-d', String(pauseMs)]),
      ...['-nostdin', '-trace_err', '-error_file', 'errors.log', '-timeout', `${limitMs}ms`, '-timeout_error'],
    ];
    const program = new Program('sipp', words, { cwd: directory, limitMs: limitMs + 5_000 });
    this.#program = program;
    const status = await program.exited;
    const errors = await readFile(join(directory, 'errors.log'), 'utf8').catch(() => '');
    return { status, told: errors === '' ? program.output.slice(-2_000) : errors.slice(-4_000) };
  }
}

import type { Command } from 'commander';
import type { OpenStore, WholeStore } from '../compose-store.js';
import { sweep } from '../privacy/erasing.js';
import { loadConfig } from '../config.js';
import type { Config, Environment, LoadedConfig } from '../config.js';
import type { CliIo } from './io.js';
import { table } from './output.js';

/** How commands come to their store; tests put in one whose disk is full. */
export interface Stores {
  readonly openStore: (config: Config) => OpenStore;
  readonly openExistingStore: (config: Config) => WholeStore;
}

/** What every command works with. */
export class CliContext {
  readonly io: CliIo;
  readonly #stores: Stores;
  readonly #program: Command;

  constructor(program: Command, io: CliIo, stores: Stores) {
    this.#program = program;
    this.io = io;
    this.#stores = stores;
  }

  /**
   * The configuration, with `--config` of the command line.
   * @param overrides environment variables that a flag stands for
   * @throws {ConfigError}
   */
  loadConfig(overrides: Environment = {}): LoadedConfig {
    const { config } = this.#program.opts<{ config?: string }>();
    return loadConfig({
      env: { ...this.io.env, ...overrides },
      workingDirectory: this.io.workingDirectory,
      ...(config === undefined ? {} : { configFile: config }),
    });
  }

  /** Runs `action` with store and PIN key, which are made where missing. */
  async withNewStore<T>(action: (stores: OpenStore, config: Config) => T | Promise<T>): Promise<T> {
    const { config } = this.loadConfig();
    const stores = this.#stores.openStore(config);
    try {
      await sweep(stores.store);
      return await action(stores, config);
    } finally {
      stores.store.close();
    }
  }

  /** Runs `action` with the store; makes none where there is none. */
  async withStore<T>(action: (store: WholeStore, config: Config) => T | Promise<T>): Promise<T> {
    const { config } = this.loadConfig();
    const store = this.#stores.openExistingStore(config);
    try {
      return await action(store, config);
    } finally {
      store.close();
    }
  }

  print(text: string): void {
    this.io.stdout(`${text}\n`);
  }

  /** Columns, as wide as the terminal allows. */
  printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
    this.print(table(head, rows, this.io.columns ?? null));
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** Something the administrator should know although the command was done. */
  warn(text: string): void {
    this.io.stderr(`warning: ${text}\n`);
  }
}

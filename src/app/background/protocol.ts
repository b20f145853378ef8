import type { LogFields } from '../../bridge/log.js';
import type { PackedConfig } from '../config/packed.js';

/** What the background thread is given when it starts. */
export interface BackgroundData {
  readonly config: PackedConfig;
}

/** It is to end: nothing new is begun. */
export interface ToBackground {
  readonly type: 'stop';
}

export type FromBackground =
  /** Every few seconds, as long as it gets on. */
  | { readonly type: 'alive' }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: LogFields;
      readonly message: string;
    }
  /** What was being sent is sent or failed, and its database is closed. */
  | { readonly type: 'stopped' };

/** Between two signs of life, milliseconds. */
export const ALIVE_MS = 5_000;

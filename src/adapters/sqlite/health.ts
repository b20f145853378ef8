import type { Database } from 'better-sqlite3';
import { translated } from './errors.js';
import { versionOf } from './migrations.js';
import { IN_MEMORY } from './open-database.js';

/**
 * One line per finding, empty when all is well.
 * @param durably runs a write that is on the disk when it returns
 */
export function findingsOf(database: Database, file: string, durably: (write: () => void) => void): readonly string[] {
  const findings: string[] = [];
  const attempt = (action: () => void): void => {
    try {
      translated(file, action);
    } catch (error) {
      findings.push(error instanceof Error ? error.message : String(error));
    }
  };
  attempt(() => {
    const result = database.prepare<[], { integrity_check: string }>('PRAGMA integrity_check(5)').all();
    const lines = result.flatMap((row) => row.integrity_check.split('\n'));
    const damage = lines.filter((line) => line !== 'ok' && !line.startsWith('***')).slice(0, 5);
    findings.push(...damage.map((line) => `the database is damaged, restore a backup (${line})`));
  });
  attempt(() => {
    const orphans = database.prepare('PRAGMA foreign_key_check').all().length;
    if (orphans > 0) findings.push(`${orphans} PINs, blocks or recordings belong to no account`);
  });
  if (file !== IN_MEMORY) {
    attempt(() => {
      const mode = database.pragma('journal_mode', { simple: true });
      if (mode !== 'wal') findings.push(`the journal is "${String(mode)}", not "wal": is ${file} on a network drive?`);
    });
  }
  attempt(() => {
    // writes the first page of the file with what it holds already
    const version = versionOf(database);
    durably(() => database.pragma(`user_version = ${version}`));
  });
  return findings;
}

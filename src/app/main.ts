#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { runCli } from './cli/program.js';

// `partyline report calls | head` closes the pipe early, which is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
  workingDirectory: process.cwd(),
  isTerminal: process.stdin.isTTY,
  watched: process.stderr.isTTY ? process.stderr : undefined,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  ask: async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(question);
    } finally {
      terminal.close();
    }
  },
});

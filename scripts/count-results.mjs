// Adds up vitest's JSON results and the checks, names what failed and the tests that passed only when tried again, and prints the
// closing line: whoever sees only the end of a long log sees what went wrong. Exit status 1 when anything failed.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [checksPassed, failedChecks, vitestStatus, ...files] = process.argv.slice(2);
const checks = failedChecks.split(' ').filter((name) => name !== '');
for (const name of checks) console.log(`failed: check ${name}`);
let passed = Number(checksPassed);
let failed = checks.length;
let skipped = 0;

/** @param {string} message @returns the start of its first line, without colours */
function firstLine(message = '') {
  // eslint-disable-next-line no-control-regex
  return message
    .replace(/\u001B\[[\d;]*m/g, '')
    .split('\n', 1)[0]
    .slice(0, 300);
}
for (const file of files) {
  let results;
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.error(`no results in ${file}: that run did not finish`);
    failed += 1;
    continue;
  }
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  skipped += results.numPendingTests + results.numTodoTests;
  for (const { name, status, message, assertionResults: tests } of results.testResults) {
    const where = relative(process.cwd(), name);
    for (const { fullName, status: outcome, failureMessages } of tests) {
      const why = `${where}: ${fullName} (${failureMessages.map(firstLine).join('; then: ')})`;
      if (outcome === 'failed') console.log(`failed: ${why}`);
      else if (outcome === 'passed' && failureMessages.length > 0) console.log(`passed only when tried again: ${why}`);
    }
    // A file that does not load, or whose hooks fail, has no tests to fail.
    if (status === 'failed' && tests.every((test) => test.status !== 'failed')) {
      failed += 1;
      console.log(`failed: ${where} (${firstLine(message)})`);
    }
  }
}
if (failed === 0 && vitestStatus !== '0') {
  failed = 1;
  console.log('failed: vitest itself, outside its tests (an error that nobody awaited, or a run that was broken off)');
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);

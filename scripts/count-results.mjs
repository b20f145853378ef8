// Adds up vitest's JSON results and the checks, names the tests that passed only when tried again, and prints the closing line.
// Exit status 1 when anything failed.
import { readFileSync } from 'node:fs';

const [checksPassed, checksFailed, vitestStatus, ...files] = process.argv.slice(2);
let passed = Number(checksPassed);
let failed = Number(checksFailed);
let skipped = 0;
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
  for (const test of results.testResults.flatMap(({ assertionResults }) => assertionResults)) {
    if (test.status !== 'passed' || test.failureMessages.length === 0) continue;
    const [first = ''] = test.failureMessages[0].split('\n');
    console.log(`passed only when tried again: ${test.fullName} (${first.slice(0, 160)})`);
  }
  // A file that does not load has no tests to fail.
  failed += results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
}
if (failed === 0 && vitestStatus !== '0') failed = 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);

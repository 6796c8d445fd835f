// Prints what failed in a vitest JSON report, with the first lines of each reason, and closes with the counts on a line:
// `N passed, N failed, N skipped`. The last lines of a run tell what to look at. A second argument names the run.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const REASON_LINES = 12;

function failuresOf(file) {
  const name = relative(process.cwd(), file.name);
  const tests = file.assertionResults.filter((test) => test.status === 'failed');
  // A file that could not be loaded has no failed test to name, yet has failed.
  if (tests.length === 0 && file.status === 'failed') {
    return [{ name, reason: file.message }];
  }
  return tests.map((test) => ({
    name: `${name} > ${[...test.ancestorTitles, test.title].join(' > ')}`,
    reason: test.failureMessages.join('\n'),
  }));
}

function read(path) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    return {
      passed: report.numPassedTests,
      skipped: report.numPendingTests + (report.numTodoTests ?? 0),
      failures: report.testResults.flatMap(failuresOf),
    };
  } catch (error) {
    return { passed: 0, skipped: 0, failures: [{ name: 'the test run', reason: `left no report: ${error.message}` }] };
  }
}

const [file, run] = process.argv.slice(2);
const { passed, skipped, failures } = read(file);
for (const { name, reason } of failures) {
  console.log(`FAILED ${name}`);
  console.log(reason.split('\n').slice(0, REASON_LINES).join('\n').replace(/^/gmu, '    '));
}
console.log(`${run === undefined ? '' : `${run}: `}${passed} passed, ${failures.length} failed, ${skipped} skipped`);

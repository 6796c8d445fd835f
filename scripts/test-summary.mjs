// Prints what failed in a vitest JSON report, with the first lines of each reason, and closes with the counts on a line:
// `N passed, N failed, N skipped`. The last lines of a run tell what to look at, where the time went, and which tests passed
// only when they were made again. A second argument names the run.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const REASON_LINES = 12;
const SLOWEST = 8;

function slowestOf(files) {
  const seconds = files.map(({ name, startTime, endTime }) => ({
    name: relative(process.cwd(), name),
    seconds: (endTime - startTime) / 1000,
  }));
  const sum = seconds.reduce((total, file) => total + file.seconds, 0);
  const slowest = seconds.toSorted((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
  const list = slowest.map((file) => `${file.name} ${file.seconds.toFixed(0)} s`);
  return `${files.length} files, ${sum.toFixed(0)} s one after another; slowest: ${list.join(', ')}`;
}

const titleOf = (file, test) =>
  `${relative(process.cwd(), file.name)} > ${[...test.ancestorTitles, test.title].join(' > ')}`;

/** Tests that passed keep the reasons why they failed before. */
function retriedOf(file) {
  const tests = file.assertionResults.filter((test) => test.status === 'passed' && test.failureMessages.length > 0);
  return tests.map((test) => titleOf(file, test));
}

function failuresOf(file) {
  const name = relative(process.cwd(), file.name);
  const tests = file.assertionResults.filter((test) => test.status === 'failed');
  // A file that could not be loaded has no failed test to name, yet has failed.
  if (tests.length === 0 && file.status === 'failed') {
    return [{ name, reason: file.message }];
  }
  return tests.map((test) => ({
    name: titleOf(file, test),
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
      retried: report.testResults.flatMap(retriedOf),
      time: slowestOf(report.testResults),
    };
  } catch (error) {
    return {
      passed: 0,
      skipped: 0,
      time: '',
      retried: [],
      failures: [{ name: 'the test run', reason: `left no report: ${error.message}` }],
    };
  }
}

const [file, run] = process.argv.slice(2);
const { passed, skipped, failures, retried, time } = read(file);
if (time !== '') console.log(time);
for (const name of retried) console.log(`made again: ${name}`);
for (const { name, reason } of failures) {
  console.log(`FAILED ${name}`);
  console.log(reason.split('\n').slice(0, REASON_LINES).join('\n').replace(/^/gmu, '    '));
}
console.log(`${run === undefined ? '' : `${run}: `}${passed} passed, ${failures.length} failed, ${skipped} skipped`);

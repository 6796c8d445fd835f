// Prints the counts of a vitest JSON report on a line: `N passed, N failed, N skipped`.
import { readFileSync } from 'node:fs';

function count(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A file that could not be loaded has no failed test to count, yet has failed.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

const { passed, failed, skipped } = count(process.argv[2]);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);

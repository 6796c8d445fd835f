import { readFileSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { installTestRuntime } from '../helpers/temporal.js';
import { readCases, type FileCase } from './case-file.js';
import { runCase } from './run-case.js';

const STREAMS = 'streams are not served yet';

/** Cases of what is not built yet, by id, each with the reason. */
const NOT_YET: Readonly<Record<string, string>> = {
  's04-stream-cut-after-content': STREAMS,
  's05-stream-error-event': STREAMS,
  'x08-stream-hang-mid': STREAMS,
  'x23-stream-timeout-over-request': STREAMS,
};

const FILES = ['cases.json', 'more-cases.json'].map((name) => {
  return { name, cases: readCases(readFileSync(new URL(name, import.meta.url), 'utf8'), name) };
});

/** Above what a case is given before it is told that it does not end. */
const TIMEOUT_MS = 150_000;

installTestRuntime();

function reasonToSkip(fileCase: FileCase): string | undefined {
  return NOT_YET[fileCase.id] ?? ('case' in fileCase ? fileCase.case.skip : undefined);
}

describe.each(FILES)('$name', ({ cases }) => {
  for (const fileCase of cases) {
    const reason = reasonToSkip(fileCase);
    const title = `${fileCase.id}: ${fileCase.what}`;
    if (reason !== undefined) test.skip(`${title} [${reason}]`);
    else
      test.concurrent(title, { timeout: TIMEOUT_MS }, async ({ expect: expectHere }) => {
        const environment = { address: inject('temporalAddress'), workflowBundlePath: inject('workflowBundlePath') };
        const { lines } = await runCase(fileCase, environment);
        expectHere(lines).toEqual([]);
      });
  }
});

test('what is not built yet is named by ids that exist', () => {
  const ids = FILES.flatMap(({ cases }) => cases.map(({ id }) => id));
  expect(Object.keys(NOT_YET).filter((id) => !ids.includes(id))).toEqual([]);
});

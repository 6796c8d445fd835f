import { readFileSync } from 'node:fs';
import { describe, inject, test, type TestContext } from 'vitest';
import { installTestRuntime } from '../helpers/temporal.js';
import { TIMED } from '../helpers/timed.js';
import { readCases } from './case-file.js';
import { runCase, runsAlone } from './run-case.js';

const FILES = ['cases.json', 'more-cases.json'].map((name) => {
  return { name, cases: readCases(readFileSync(new URL(name, import.meta.url), 'utf8'), name) };
});

/** Above what a case is given before it is told that it does not end. */
const TIMEOUT_MS = 150_000;

installTestRuntime();

describe.each(FILES)('$name', ({ cases }) => {
  for (const fileCase of cases) {
    const title = `${fileCase.id}: ${fileCase.what}`;
    const skip = 'case' in fileCase ? fileCase.case.skip : undefined;
    const run = async ({ expect }: TestContext) => {
      const environment = { address: inject('temporalAddress'), workflowBundlePath: inject('workflowBundlePath') };
      const { lines } = await runCase(fileCase, environment);
      expect(lines).toEqual([]);
    };
    const hurried = runsAlone(fileCase);
    // Each races with limits, of connections and of the calls.
    const options = { timeout: TIMEOUT_MS, ...TIMED };
    if (skip !== undefined) test.skip(`${title} [${skip}]`);
    else (hurried ? test : test.concurrent)(title, options, run);
  }
});

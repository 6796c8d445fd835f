import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { installTestRuntime } from '../helpers/temporal.js';
import { TIMED } from '../helpers/timed.js';
import { readCases } from './case-file.js';
import { KNOWN } from './known.js';
import { OWN_FILES } from './own-files.js';
import { FieldRun } from './run-cases.js';

const FILES = OWN_FILES.map(({ name, path }) => ({ name, cases: readCases(path) }));

const CASES = FILES.flatMap(({ cases }) => cases);

installTestRuntime();

let run: FieldRun;
beforeAll(async () => {
  run = await FieldRun.open(CASES, {
    address: inject('temporalAddress'),
    workflowBundlePath: inject('workflowBundlePath'),
  });
});
afterAll(() => run.close());

test('every known case is one of the files', () => {
  expect(KNOWN.filter((id) => !CASES.some((each) => each.id === id))).toEqual([]);
});

describe.each(FILES)('$name', ({ cases }) => {
  for (const fieldCase of cases) {
    const { id, what } = fieldCase;
    const isLarge = fieldCase.type === 'answer' && fieldCase.case.fault === 'sizes';
    const isKnown = KNOWN.includes(id);
    const title = `${id}: ${what}${isKnown ? ' [not yet]' : ''}`;
    (isLarge ? test.skip : test.concurrent)(title, { ...TIMED }, async ({ expect: expectThat }) => {
      const { lines } = await run.run(fieldCase);
      if (isKnown) expectThat(lines, 'it passes now: take it off the list').not.toEqual([]);
      else expectThat(lines).toEqual([]);
    });
  }
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';

let holdfast: TestHoldfast;

beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [
      ...group('good', ['ok']),
      ...group('flaky', ['500,ok']),
      ...group('bad', ['400']),
      ...group('falls', ['500x9']),
    ],
    router_settings: { ...FAST, num_retries: 2, fallbacks: [{ falls: ['good'] }] },
  });
});

afterAll(() => holdfast.close());

describe.each(['packed', 'workflow'] as const)('a batch, %s', (mode) => {
  test('answers each row once, in order; a row that needs it is retried and falls back', async () => {
    const rows = testRows(60, ['good', 'good', 'flaky', 'good', 'falls', 'bad']);
    const files = await writeBatch(rows);
    holdfast.provider.reset();
    const batch = await holdfast.client.batches.submit({ ...files, mode, concurrency: 8, chunkRows: 7 });
    const result = await batch.result();
    expect(result).toMatchObject({ state: 'completed with errors', rows: 60, counts: { answered: 50, failed: 10 } });

    const lines = await readLines(files.outputFile);
    const expected = rows.filter(({ model }) => model !== 'bad');
    expect(lines.map(({ custom_id }) => custom_id)).toEqual(expected.map(({ customId }) => customId));
    expected.forEach(({ prompt }, index) => expect(answerOf(lines[index])).toContain(prompt));
    const flaky = lines[2];
    expect(flaky?.holdfast).toMatchObject({ attempts: 2, retries: 1, call: `${batch.batchId}-row-2` });
    expect(flaky?.holdfast.ledger.entries.map(({ outcome }) => outcome)).toEqual(['failed', 'answered']);

    const errors = await readLines(files.errorsFile);
    expect(errors.map(({ custom_id }) => custom_id)).toEqual(
      rows.filter(({ model }) => model === 'bad').map(({ customId }) => customId),
    );
    expect(errors[0]).toMatchObject({ error: { code: 'BadRequestError' } });
    // 30 good, 2 for each flaky, 3 and 1 for each that falls back, 1 for each that is bad
    expect(holdfast.provider.callCount()).toBe(30 + 20 + 40 + 10);
    expect(await batch.status()).toMatchObject({
      state: 'completed with errors',
      counts: { answered: 50, failed: 10 },
    });
  });
});

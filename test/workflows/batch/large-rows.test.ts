import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerOf, batchText, readLines, testRows, writeBatch } from '../../helpers/batch.js';
import { historyText } from '../../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../../helpers/holdfast.js';

const MB = 1024 * 1024;

/** An answer of this length is just below the limit. */
const LONG = Math.floor(63.9 * MB);

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(
    {
      model_list: [...group('good'), ...group('flaky'), ...group('spare'), ...group('long')],
      router_settings: { ...FAST, num_retries: 1 },
    },
    {
      'good-up': [{ content: 'yes' }],
      'flaky-up': [{ status: 500 }, { content: 'yes' }],
      'spare-up': [{ content: 'yes' }],
      'long-up': [{ content: 'y'.repeat(LONG) }],
    },
  );
});
afterAll(() => holdfast.close());

test.each(['workflow', 'packed'] as const)(
  'rows that are larger than Temporal takes are run, in mode %s, and lie in no history',
  async (mode) => {
    holdfast.provider.reset();
    const rows = testRows(3, ['good', 'flaky']).map((row) => ({ ...row, prompt: 'x'.repeat(3 * MB) }));
    const files = await writeBatch(rows);
    const batch = await holdfast.client.batches.submit({ input: files.input, output: files.output, mode });
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 3 } });
    const lines = await readLines(files.outputFile);
    const { holdfast: retried } = lines.find(({ custom_id }) => custom_id === 'row-1')!;
    expect(retried).toMatchObject({ retries: 1 });
    expect((await historyText(retried.call!)).length).toBeLessThan(100_000);
    expect((await historyText(batch.batchId)).length).toBeLessThan(100_000);
  },
);

test('a row whose plan is larger, with what its fallbacks ask instead, fails; its call says why', async () => {
  const messages = [{ role: 'user', content: 'x'.repeat(2 * MB) }];
  const rows = testRows(2, ['good'], { fallbacks: [{ model: 'spare', messages }] });
  const files = await writeBatch(rows);
  const batch = await holdfast.client.batches.submit({ input: files.input, output: files.output, mode: 'workflow' });
  expect(await batch.result()).toMatchObject({ state: 'completed with errors', counts: { failed: 2 } });
  const [line] = await readLines(files.errorsFile);
  expect(line?.error).toMatchObject({
    code: 'RequestTooLargeError',
    message: expect.stringContaining('the plan of the row, with its fallbacks, has 2'),
  });
});

test('a row of exactly 64 MB, and an answer just below that', async () => {
  holdfast.provider.reset();
  const row = (prompt: string) => ({ customId: 'row', model: 'long', prompt });
  const empty = batchText([row('')]).trimEnd().length;
  const files = await writeBatch([row('x'.repeat(64 * MB - empty))]);
  const batch = await holdfast.client.batches.submit({ input: files.input, output: files.output });
  expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 1 } });
  const [line] = await readLines(files.outputFile);
  expect(answerOf(line)?.length).toBe(LONG);
  // It holds what it was asked.
  holdfast.provider.reset();
});

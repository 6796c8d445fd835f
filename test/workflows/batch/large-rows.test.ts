import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLines, testRows, writeBatch } from '../../helpers/batch.js';
import { historyText } from '../../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../../helpers/holdfast.js';

const MB = 1024 * 1024;

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(
    {
      model_list: [...group('good'), ...group('flaky'), ...group('spare')],
      router_settings: { ...FAST, num_retries: 1 },
    },
    {
      'good-up': [{ content: 'yes' }],
      'flaky-up': [{ status: 500 }, { content: 'yes' }],
      'spare-up': [{ content: 'yes' }],
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

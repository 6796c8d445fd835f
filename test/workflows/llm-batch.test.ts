import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedRequest } from '../../src/mock-provider/index.js';
import { answerOf, readLines, testRows, writeBatch } from '../helpers/batch.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let holdfast: TestHoldfast;

beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [
      ...group('good', ['ok']),
      ...group('flaky', ['500,ok']),
      ...group('bad', ['400']),
      ...group('falls', ['500x9']),
      ...group('slow', ['slow(0.05)']),
      ...group('slower', ['slow(0.06)']),
      ...group('outage'),
      ...group('second'),
      ...group('never'),
      ...group('limited', ['429(retry-after=1),ok']),
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

describe.each(['packed', 'workflow'] as const)('rows that ask for the validation of their JSON schema, %s', (mode) => {
  test('are retried until they fit, or are errors of their own kind', async () => {
    const schema = { type: 'object', required: ['n'] };
    const body = {
      validate_schema: true,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    };
    holdfast.provider.setScript({
      'second-up': [{ content: '{}' }, { content: '{"n": 4}' }],
      'never-up': [{ content: '{}' }],
    });
    holdfast.provider.reset();
    const files = await writeBatch(testRows(2, ['second', 'never'], body));
    const batch = await holdfast.client.batches.submit({ ...files, mode });
    expect(await batch.result()).toMatchObject({ counts: { answered: 1, failed: 1 } });
    const [answered] = await readLines(files.outputFile);
    expect(answerOf(answered)).toBe('{"n": 4}');
    expect(answered?.holdfast.ledger.entries).toMatchObject([
      { kind: 'JSONSchemaValidationError' },
      { outcome: 'answered' },
    ]);
    const errors = await readLines(files.errorsFile);
    expect(errors).toMatchObject([{ response: null, error: { code: 'JSONSchemaValidationError' } }]);
    expect(['second-up', 'never-up'].map((model) => holdfast.provider.callCount(model))).toEqual([2, 3]);
  });
});

describe.each(['packed', 'workflow'] as const)('the window of a batch, %s', (mode) => {
  test('keeps its own limit and those of groups', async () => {
    const files = await writeBatch(testRows(40, ['slow', 'slower']));
    holdfast.provider.reset();
    const options = { mode, concurrency: 6, chunkRows: 10, groupConcurrency: { slower: 2 } };
    const batch = await holdfast.client.batches.submit({ ...files, ...options });
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 40 } });
    expect(mostAtOnce(holdfast.provider.requests)).toBeLessThanOrEqual(6);
    expect(mostAtOnce(holdfast.provider.requestsFor('slow(0.06)'))).toBeLessThanOrEqual(2);
  });

  test('a storm of rate limits is waited out, as long as the provider asks', async () => {
    const files = await writeBatch(testRows(30, ['limited']));
    holdfast.provider.reset();
    const batch = await holdfast.client.batches.submit({ ...files, mode, concurrency: 10, chunkRows: 10 });
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 30 } });
    const requests = holdfast.provider.requests;
    expect(requests).toHaveLength(60);
    for (const first of requests.filter(({ status }) => status === 429)) {
      const again = requests.findLast(({ body }) => JSON.stringify(body) === JSON.stringify(first.body));
      expect((again?.receivedAt ?? 0) - (first.finishedAt ?? 0)).toBeGreaterThanOrEqual(990);
    }
  });
});

describe('a provider that is down', () => {
  test.each([
    ['small chunks', 4],
    ['large chunks', 100],
  ])('for a while, %s: few rows are begun, and all are answered when it is back', async (_what, chunkRows) => {
    const rows = testRows(200, ['outage']);
    const files = await writeBatch(rows);
    holdfast.provider.setScript({ 'outage-up': 'reset' });
    holdfast.provider.reset();
    const options = { mode: 'packed', concurrency: 4, chunkRows, num_retries: 1_000 } as const;
    const batch = await holdfast.client.batches.submit({ ...files, ...options });
    await waitFor(() => holdfast.provider.callCount() > 60);
    const begun = () => new Set(holdfast.provider.requests.map(({ body }) => JSON.stringify(body))).size;
    // Also of chunks that are run again: a row is told of once.
    await waitFor(async () => (await batch.status()).retrying === begun());
    // Twice the window is in retries before it is closed; and how many chunks run then depends on which ends first.
    expect(begun()).toBeLessThanOrEqual(5 * options.concurrency);
    expect(await batch.status()).toMatchObject({ state: 'running', counts: { answered: 0, failed: 0 } });
    holdfast.provider.setScript({});
    expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 200 } });
    expect((await readLines(files.outputFile)).map(({ custom_id }) => custom_id)).toEqual(
      rows.map(({ customId }) => customId),
    );
    expect(answeredTwice(holdfast.provider.requests)).toEqual([]);
  });

  test('for rows that are not retried: each fails once, and the batch ends', async () => {
    const files = await writeBatch(testRows(60, ['bad', 'bad', 'bad', 'good']));
    holdfast.provider.reset();
    const options = { mode: 'packed', concurrency: 2, chunkRows: 60 } as const;
    const batch = await holdfast.client.batches.submit({ ...files, ...options });
    expect(await batch.result()).toMatchObject({
      state: 'completed with errors',
      counts: { answered: 15, failed: 45, errors: { BadRequestError: 45 } },
    });
    expect(holdfast.provider.callCount()).toBe(60);
  });
});

/** Prompts that were paid for more than once. */
function answeredTwice(requests: readonly RecordedRequest[]): string[] {
  const bodies = requests.filter(({ status }) => status === 200).map(({ body }) => JSON.stringify(body));
  return bodies.filter((body, index) => bodies.indexOf(body) !== index);
}

/** How many requests were in flight at once at most. */
function mostAtOnce(requests: readonly RecordedRequest[]): number {
  const changes = requests.flatMap(({ receivedAt, finishedAt = Infinity }) => [
    { at: receivedAt, by: 1 },
    { at: finishedAt, by: -1 },
  ]);
  let inFlight = 0;
  let most = 0;
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    inFlight += by;
    most = Math.max(most, inFlight);
  }
  return most;
}

import { expect, test } from 'vitest';
import { NotFoundError, RateLimitError } from '../../src/client.js';
import { fakeHoldfast, type FakeReply } from '../../src/testing.js';

const ask = (model: string, content = 'Which bird is this?') => ({
  model,
  messages: [{ role: 'user' as const, content }],
});

test('answers with a text, in the form of the operation', async () => {
  const { client, calls } = fakeHoldfast({ fast: 'A kingfisher.', embed: {} });
  const { response, report } = await client.execute(ask('fast'));
  expect(response.choices[0]?.message.content).toBe('A kingfisher.');
  expect(report).toMatchObject({ group: 'fast', attempts: 1, retries: 0 });
  const embedded = await client.execute({ model: 'embed', input: ['one', 'two'] }, { operation: 'embeddings' });
  expect(embedded.response.data).toHaveLength(2);
  expect(calls).toMatchObject([
    { operation: 'chat.completions', request: ask('fast') },
    { operation: 'embeddings', request: { input: ['one', 'two'] } },
  ]);
});

test('answers with what a function makes of the call, or with a whole response', async () => {
  const { client } = fakeHoldfast({
    loud: ({ request }) => JSON.stringify(request['messages']).toUpperCase(),
    whole: { response: { choices: [], usage: null } },
  });
  expect((await client.execute(ask('loud'))).response.choices[0]?.message.content).toContain('WHICH BIRD');
  expect((await client.execute(ask('whole'))).response).toEqual({ choices: [], usage: null });
});

test('goes through a list in order; the last one repeats', async () => {
  const { client } = fakeHoldfast({ fast: ['one', { error: 'RateLimitError', retryAfterMs: 5000 }, 'three'] });
  const text = async () => (await client.execute(ask('fast'))).response.choices[0]?.message.content;
  expect(await text()).toBe('one');
  const error = await text().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ status: 429, retryAfterMs: 5000 });
  expect([await text(), await text()]).toEqual(['three', 'three']);
});

test.each<{ what: string; reply: FakeReply; entries: object[]; report: object }>([
  {
    what: 'of retries before an answer',
    reply: { after: ['RateLimitError', 'Timeout'] },
    entries: [{ kind: 'RateLimitError', status: 429 }, { kind: 'Timeout', attempt: 2 }, { outcome: 'answered' }],
    report: { attempts: 3, retries: 2 },
  },
  {
    what: 'of an error',
    reply: { after: ['RateLimitError'], error: 'ContextWindowExceededError', message: 'too long' },
    entries: [{ outcome: 'failed' }, { kind: 'ContextWindowExceededError', message: 'too long' }],
    report: { attempts: 2, groupRetries: 1 },
  },
  {
    what: 'that is given as it is',
    reply: { report: { ledger: { entries: [] }, fallbacks: 1, group: 'smart' } },
    entries: [],
    report: { fallbacks: 1, group: 'smart' },
  },
])('tells the ledger $what', async ({ reply, entries, report }) => {
  const { client } = fakeHoldfast({ fast: reply });
  const handle = await client.start(ask('fast'));
  const end = await handle.result().catch((error: unknown) => error as { report: object });
  expect(end.report).toMatchObject({ ...report, ledger: { entries } });
  expect(await client.handle(handle.callId).inspect()).toMatchObject({ ledger: { entries }, report });
});

test('joins calls by their keys, and refuses another request, as the real one', async () => {
  const { client, calls } = fakeHoldfast({ fast: [{ error: 'Timeout' }, 'Hello'] });
  const key = { idempotencyKey: 'greeting-1' };
  await expect(client.execute(ask('fast'), key)).rejects.toMatchObject({ kind: 'Timeout', callId: 'greeting-1' });
  // One that failed is made again.
  const first = await client.start(ask('fast'), key);
  const second = await client.start(ask('fast'), key);
  expect([first.startedRunId, second.startedRunId]).toEqual(['greeting-1', null]);
  expect(await second.result()).toEqual(await client.handle('greeting-1').result());
  await expect(client.execute(ask('fast', 'other'), key)).rejects.toMatchObject({ kind: 'ConflictError' });
  expect(calls).toHaveLength(2);
});

test('a call that hangs can be cancelled', async () => {
  const { client } = fakeHoldfast({ slow: { hang: true } });
  const handle = await client.start(ask('slow'));
  expect(await handle.describe()).toMatchObject({ state: 'running', group: 'slow' });
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
  expect(await handle.describe()).toMatchObject({ state: 'cancelled' });
});

test('what the script has not, and what needs a server, says so', async () => {
  const { client } = fakeHoldfast({ fast: 'Hello' });
  await expect(client.execute(ask('other'))).rejects.toThrow(NotFoundError);
  await expect(client.execute({ model: 'fast' } as never)).rejects.toMatchObject({ kind: 'BadRequestError' });
  await expect(client.batches.handle('batch-1').status()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('holdfast/testing has no server') },
  });
});

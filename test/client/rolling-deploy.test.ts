import { describe, expect, test } from 'vitest';
import { NotFoundError, type CallRequest } from '../../src/client.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const CALLS = 10;
const request = (model: string): CallRequest => ({ model, messages: [{ role: 'user', content: 'hi' }] });
const SCRIPT = { 'old-up': `503(retry-after=3)x${CALLS},ok`, 'new-up': 'ok', 'once-up': '503(retry-after=3),ok' };
const config = (...modelList: ReturnType<typeof group>[]) => ({
  model_list: modelList.flat(),
  router_settings: { ...FAST, num_retries: 1 },
});

async function withHoldfast(first: unknown, use: (holdfast: TestHoldfast) => Promise<void>): Promise<void> {
  const holdfast = await openHoldfast(first, SCRIPT);
  try {
    await use(holdfast);
  } finally {
    await holdfast.close();
  }
}

describe('calls that wait for a retry while a worker with another config comes beside theirs', () => {
  const old = group('fast', ['old-up']);
  test.each([
    ['its group was renamed', group('quick', ['old-up'])],
    ['its model was changed', group('fast', ['new-up'])],
    ['it was given an id', [{ ...old[0]!, model_info: { id: 'mine' } }]],
  ])('%s: all are answered by the worker that knows their plan', async (_, changed) => {
    await withHoldfast(config(old), async (holdfast) => {
      const { client, provider } = holdfast;
      const answers = Array.from({ length: CALLS }, () => client.execute(request('fast')));
      await waitFor(() => provider.callCount('old-up') >= CALLS, { what: 'the first attempts' });
      await holdfast.addWorker(config(changed));
      for (const { report } of await Promise.all(answers)) {
        expect(report).toMatchObject({ deployment: 'fast#old-up', attempts: 2, retries: 1 });
        const notes = report.ledger.entries.filter(({ outcome }) => outcome === 'note');
        expect(notes.length).toBeLessThanOrEqual(1);
      }
    });
  });

  test('a plan of a new entry for the same endpoint and model stays that of the old one', async () => {
    await withHoldfast(config(group('fast', ['once-up'])), async (holdfast) => {
      const { client, provider } = holdfast;
      const answer = client.execute(request('fast'));
      await waitFor(() => provider.callCount('once-up') >= 1, { what: 'the first attempt' });
      await holdfast.replaceWorker(config(group('fast', ['another-up', 'once-up'])));
      expect((await answer).report).toMatchObject({ deployment: 'fast#once-up', attempts: 2 });
    });
  });
});

describe('new calls for a group that one of two workers has', () => {
  test('are left to the worker that has it, where whoever starts them knows it', async () => {
    await withHoldfast(config(group('fast')), async (holdfast) => {
      const { client } = holdfast;
      await holdfast.addWorker(config(group('new', ['new-up'])));
      const calls = Array.from({ length: CALLS }, () => client.execute(request('new'), { isKnownModel: true }));
      for (const { report } of await Promise.all(calls)) expect(report.attempts).toBe(1);
    });
  });

  test('end with NotFoundError when no worker has come in half of their time', TIMED, async () => {
    await withHoldfast(config(group('fast')), async ({ client }) => {
      const call = client.execute({ ...request('new'), timeout: 10 }, { isKnownModel: true });
      await expect(call).rejects.toThrow(NotFoundError);
    });
  });
});

import { describe, expect, test } from 'vitest';
import { TemporalUnavailableError } from '../../src/temporal/errors.js';
import { withPatience } from '../../src/temporal/patience.js';

describe('asking a Temporal server that is away', () => {
  const away = new TemporalUnavailableError('away', { transient: true });
  const fails = () => Promise.reject(away);
  /** Each time it is asked, the next of these happens; the last one goes on. */
  const inTurn = (...ways: (() => Promise<unknown>)[]) => {
    let asked = 0;
    return (): Promise<unknown> => ways[Math.min(asked++, ways.length - 1)]!();
  };

  test('it comes back', async () => {
    expect(await withPatience(inTurn(fails, fails, () => Promise.resolve('answer')))).toBe('answer');
  });

  test('it stays away', async () => {
    await expect(withPatience(fails, { patienceMs: 50 })).rejects.toBe(away);
  });

  test('who asks goes away meanwhile', async () => {
    const client = new AbortController();
    const leaves = () => {
      client.abort(new Error('gone'));
      return fails();
    };
    await expect(withPatience(inTurn(fails, leaves), { signal: client.signal })).rejects.toThrow('gone');
  });

  test.each([
    ['what will not pass', new TemporalUnavailableError('no such namespace')],
    ['another error', new Error('other')],
  ])('%s is not waited for', async (_, error) => {
    await expect(withPatience(inTurn(() => Promise.reject(error), fails))).rejects.toBe(error);
  });
});

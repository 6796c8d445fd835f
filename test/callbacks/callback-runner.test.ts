import { describe, expect, test } from 'vitest';
import { CALLBACK_LIMITS, createCallbackRunner, type CallbackLimits } from '../../src/callbacks/callback-runner.js';
import type { Callback } from '../../src/callbacks/load-callbacks.js';
import type { CallEvent } from '../../src/index.js';
import { waitFor } from '../helpers/wait-for.js';
import { FAILURE, SUCCESS } from './events.js';

const NEVER = new Promise<never>(() => {});
const GOES_ON = new AbortController().signal;

/** A runner of callbacks, and its log. */
function open(callbacks: Partial<Record<Callback['name'], Callback['call']>>, limits: Partial<CallbackLimits> = {}) {
  const log: string[] = [];
  const runner = createCallbackRunner(
    Object.entries(callbacks).map(([name, call]) => ({ name: name as Callback['name'], file: '/my.ts', call })),
    { secrets: () => ['private-key'], warn: (line) => log.push(line), limits: { ...CALLBACK_LIMITS, ...limits } },
  );
  return { runner, log };
}

describe('an event', () => {
  test('reaches every callback for its type, after what happened goes on', async () => {
    const heard: string[] = [];
    const note = (by: string) => (event: CallEvent) => heard.push(`${by}: ${event.type}`);
    const runner = createCallbackRunner(
      [
        { name: 'onSuccess', file: '/a.ts', call: note('a') },
        { name: 'onFailure', file: '/a.ts', call: note('a') },
        { name: 'onSuccess', file: '/b.ts', call: note('b') },
      ],
      { secrets: () => [], warn: () => {} },
    );
    runner.notify(SUCCESS);
    expect(heard).toEqual([]);
    await runner.close(GOES_ON);
    expect(heard).toEqual(['a: success', 'b: success']);
  });

  test('is a copy: what a callback writes into it nobody else sees', async () => {
    const heard: CallEvent[] = [];
    const spoil = (event: CallEvent) => {
      heard.push(structuredClone(event));
      Object.assign(event, { group: 'spoiled' });
      if (event.type === 'failure') Object.assign(event.error, { message: 'spoiled' });
    };
    const runner = createCallbackRunner(
      [1, 2].map(() => ({ name: 'onFailure', file: '/a.ts', call: spoil })),
      { secrets: () => [], warn: () => {} },
    );
    const event = structuredClone(FAILURE);
    runner.notify(event);
    await runner.close(GOES_ON);
    expect(heard).toEqual([FAILURE, FAILURE]);
    expect(event).toEqual(FAILURE);
  });
});

describe('a callback that fails is logged once, redacted, and counted', () => {
  test.each<[string, Callback['call'], string]>([
    [
      'it throws',
      () => {
        throw new Error('no disk for private-key');
      },
      'failed: no disk for [redacted]',
    ],
    ['it rejects', () => Promise.reject(new TypeError('x is undefined')), 'failed: x is undefined'],
    ['it throws no error', () => Promise.reject(7 as unknown as Error), 'failed: 7'],
    [
      'its error cannot be shown',
      () => Promise.reject(Object.create(null) as Error),
      'failed: an error that cannot be shown',
    ],
  ])('%s', async (_, call, said) => {
    const { runner, log } = open({ onSuccess: call });
    for (let count = 0; count < 5; count += 1) runner.notify(SUCCESS);
    await runner.close(GOES_ON);
    expect(log).toEqual([
      expect.stringContaining(`callback onSuccess of /my.ts ${said}. No call is affected`),
      'callback onSuccess of /my.ts: 5 failed',
    ]);
  });

  test('a single failure is not said twice', async () => {
    const { runner, log } = open({ onSuccess: () => Promise.reject(new Error('once')) });
    runner.notify(SUCCESS);
    await runner.close(GOES_ON);
    expect(log).toHaveLength(1);
  });
});

describe('a callback that hangs', () => {
  test('is no longer waited for after a time, and told of the next events', async () => {
    let told = 0;
    const hangFirst = () => ((told += 1) === 1 ? NEVER : undefined);
    const { runner, log } = open({ onSuccess: hangFirst }, { runMs: 20, running: 1 });
    runner.notify(SUCCESS);
    await waitFor(() => log.length === 1);
    expect(log[0]).toContain('has not ended within 0.02 s and is no longer waited for');
    await waitFor(() => {
      runner.notify(SUCCESS);
      return told > 1;
    });
  });

  test('holds a bounded number of events: those beyond are left out and counted', async () => {
    let told = 0;
    const hang = () => {
      told += 1;
      return NEVER;
    };
    const { runner, log } = open({ onSuccess: hang }, { running: 3, closeMs: 10 });
    for (let count = 0; count < 100; count += 1) runner.notify(SUCCESS);
    await runner.close(GOES_ON);
    expect(told).toBe(3);
    expect(log).toEqual([
      expect.stringContaining('is told no more while 3 runs of it are under way'),
      'callback onSuccess of /my.ts: 97 left out while it was busy, 3 not waited for any longer',
    ]);
  });

  test('is called no more once too many runs never ended, until they do', async () => {
    const ends: (() => void)[] = [];
    const hang = () => new Promise<void>((resolve) => ends.push(resolve));
    const { runner, log } = open({ onSuccess: hang }, { runMs: 5, overdue: 2 });
    for (let count = 0; count < 2; count += 1) runner.notify(SUCCESS);
    await waitFor(() => {
      runner.notify(SUCCESS);
      return log.some((line) => line.includes('is told no more: 2 runs of it never ended'));
    });
    for (const end of ends.splice(0)) end();
    await waitFor(() => {
      runner.notify(SUCCESS);
      return ends.length > 0;
    });
  });
});

describe('when the worker stops', () => {
  test('callbacks that run are waited for', async () => {
    let ended = false;
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ended = true;
    };
    const { runner, log } = open({ onSuccess: slow });
    runner.notify(SUCCESS);
    await runner.close(GOES_ON);
    expect(ended).toBe(true);
    expect(log).toEqual([]);
  });

  test('though not for long, and not at all when the stop is to be at once', async () => {
    const short = open({ onSuccess: () => NEVER }, { closeMs: 20 });
    short.runner.notify(SUCCESS);
    await short.runner.close(GOES_ON);
    expect(short.log).toEqual(['callback onSuccess of /my.ts: 1 not waited for any longer']);

    const skipped = open({ onSuccess: () => NEVER }, { closeMs: 2 ** 30 });
    skipped.runner.notify(SUCCESS);
    const skip = new AbortController();
    const closing = skipped.runner.close(skip.signal);
    skip.abort();
    await closing;
    await skipped.runner.close(AbortSignal.abort());
  });
});

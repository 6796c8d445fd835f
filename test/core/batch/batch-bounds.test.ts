import { describe, expect, test } from 'vitest';
import { newChunk } from '../../../src/core/batch/batch-chunk.js';
import { NO_ROWS } from '../../../src/core/batch/batch-counts.js';
import { MAX_QUEUE } from '../../../src/core/batch/batch-groups.js';
import { progressOfNextRun, type BatchProgress } from '../../../src/core/batch/batch-progress.js';
import { MAX_COMMANDS } from '../../../src/core/batch/batch-step.js';
import { MAX_CALLS } from '../../../src/core/batch/batch-window.js';
import type { NamedRow } from '../../../src/core/batch/batch.js';
import { ERROR_KIND_NAMES } from '../../../src/core/errors/error-kinds.js';
import {
  begun,
  cancel,
  checked,
  ended,
  failed,
  found,
  index,
  named,
  ONE,
  paused,
  place,
  read,
  START,
  started,
  told,
  Told,
  TOKENS,
} from './told-batch.js';

const row = (chunk: number, at: number): NamedRow => ({ ...named(chunk * 1_000 + at), chunk });

describe('bounds', () => {
  const big = { concurrency: 10_000, chunkRows: 1_000, mode: 'packed' } as const;
  const thousands = index(1_000_000, { chunkRows: 1_000, chunks: 1_000 });
  const all = (batch: Told, commands: string[]) => {
    const more = [...commands];
    while (more.at(-1) === 'next task') {
      const next = batch.tell({ type: 'next task' });
      expect(next.length).toBeLessThanOrEqual(MAX_COMMANDS + 1);
      more.push(...next);
    }
    return more.filter((line) => line !== 'next task');
  };

  test('at most 50 commands in a task, 1,000 calls at once; the other rows wait in the part files', () => {
    const batch = new Told(big);
    batch.tell(begun);
    const chunks = all(batch, batch.tell({ type: 'input checked', index: thousands }));
    expect(chunks.filter((line) => line.startsWith('run chunk'))).toHaveLength(400);
    let calls = 0;
    for (let chunk = 0; chunk < 400; chunk++) {
      const rows = Array.from({ length: 50 }, (_, at) => row(chunk, at));
      const result = { ...read(chunk, { fresh: 950, waiting: 50 }) };
      if (result.type !== 'chunk read') throw new Error('no result');
      const commands = batch.tell({ ...result, result: { ...result.result, named: rows } });
      expect(commands.length).toBeLessThanOrEqual(MAX_COMMANDS + 1);
      calls += commands.filter((line) => line.startsWith('start call')).length;
    }
    calls += all(batch, batch.tell({ type: 'next task' })).filter((line) => line.startsWith('start call')).length;
    expect(calls).toBe(MAX_CALLS);
    expect(batch.status()).toMatchObject({ retrying: 20_000, state: 'running' });
    expect(batch.progress.queue.length).toBeLessThanOrEqual(500);
    expect(JSON.stringify(progressOfNextRun(batch.progress)).length).toBeLessThan(500_000);
    // One activity stops all calls.
    batch.tellAll(
      Object.entries(batch.progress.chunks).flatMap(([chunk, { calls: of }]) =>
        Object.keys(of).map((key) => ({ type: 'call started', row: Number(key), chunk: Number(chunk) }) as const),
      ),
    );
    const stops = all(batch, batch.tell(cancel));
    expect(stops.filter((line) => line.startsWith('stop calls'))).toHaveLength(1);
    expect(stops.filter((line) => line.startsWith('stop chunk')).length).toBeLessThanOrEqual(400);
  });

  test('without room nothing is begun, and another task is asked for, once', () => {
    const batch = new Told({});
    expect(batch.tell(begun, 0)).toEqual(['next task']);
    expect(batch.tell(begun, 0)).toEqual([]);
    expect(batch.tell({ type: 'next task' })).toEqual(['check input']);
    expect(batch.tell(checked(20), 2)).toEqual(['keep input', 'run chunk 0: 2 slots', 'next task']);
    expect(batch.tell(cancel, 0)).toEqual([]);
    expect(batch.tell({ type: 'next task' })).toEqual(['stop chunk 0']);
  });

  test('all that a task brings is known before anything is begun', () => {
    const batch = told({}, START);
    expect(batch.tellAll([read(0, { answered: 9, named: [3] }), read(1, { answered: 9, named: [13] })])).toEqual([
      'start call 3',
      'start call 13',
    ]);
    expect(batch.tellAll([started(3), started(13), ended(3), cancel])).toEqual(['stop calls 13']);
    expect(batch.tellAll([ended(13), { type: 'calls stopped' }])).toEqual(['write what is done']);
  });

  test('rows that are ready wait for room, too', () => {
    const batch = told({}, ONE);
    expect(batch.tell(read(0, { answered: 8, named: [3, 4] }), 1)).toEqual(['start call 3', 'next task']);
    expect(batch.tell({ type: 'next task' })).toEqual(['start call 4']);
  });

  test('calls that were found are waited for once there is room', () => {
    const batch = told({}, [...ONE, [read(0, { answered: 9, named: [3] }), 'start call 3']]);
    expect(batch.tell(found(3), 0)).toEqual(['next task']);
    expect(batch.tell({ type: 'next task' })).toEqual(['await calls 3']);
  });

  test('at most eight chunks are looked at at once', () => {
    const batch = new Told({ mode: 'workflow', concurrency: 1_000 });
    batch.tell(begun);
    const looks = batch.tell(checked(200)).filter((line) => line.startsWith('look at chunk'));
    expect(looks).toHaveLength(8);
  });

  test('at most 1,000 chunks have rows without an end', () => {
    const open = {
      ...newChunk(10),
      fresh: 0,
      calls: { 0: { group: 'any', state: 'child', isCounted: false } as const },
    };
    const chunks = Object.fromEntries(Array.from({ length: 1_000 }, (_, chunk) => [chunk, open]));
    const batch = new Told({ concurrency: 10_000 });
    const running = { ...batch.progress, phase: 'running', index: index(20_000), cursor: 1_000 } as const;
    batch.progress = { ...running, chunks };
    expect(batch.tell({ type: 'waited' })).toEqual([]);
    const { 0: _through, ...others } = chunks;
    batch.progress = { ...running, chunks: others };
    expect(batch.tell({ type: 'waited' })).toEqual(['run chunk 1000: 25 slots']);
  });

  test('of two waits the shorter one is waited for', () => {
    const batch = told({}, [...START, [failed('chunk 0'), 'wait 1000'], [{ type: 'waited' }, 'run chunk 0: 2 slots']]);
    expect(batch.tellAll([failed('chunk 0'), failed('chunk 1')])).toEqual(['wait 1000']);
  });

  test('while twice the concurrency retries, no chunk is begun', () => {
    const batch = new Told({ concurrency: 1 });
    batch.tell(begun);
    expect(batch.tell(checked(30))).toEqual(['keep input', 'run chunk 0: 1 slots']);
    expect(batch.tell(read(0, { fresh: 8, named: [0, 1] }))).toEqual(['start call 0']);
    expect(batch.tell(ended(0))).toEqual(['start call 1', 'run chunk 0: 1 slots; known 1,0']);
  });
});

describe('a batch that was continued as new', () => {
  const continued = (batch: Told) => {
    batch.progress = JSON.parse(JSON.stringify(progressOfNextRun(batch.progress))) as BatchProgress;
  };

  test('waits for the calls that run, by an activity; what was ready is', () => {
    const batch = told({ concurrency: 2 }, [
      [begun, 'check input'],
      [checked(20), 'keep input', 'run chunk 0: 1 slots', 'run chunk 1: 1 slots'],
      [read(0, { answered: 7, named: [3, 4, 5] }), 'start call 3', 'start call 4'],
      [started(3)],
      [started(4)],
      [{ type: 'history is long' }],
      [read(1, { answered: 10 }), 'continue as new'],
    ]);
    expect(batch.status()).toMatchObject({ state: 'running' });
    continued(batch);
    expect(batch.tell(begun)).toEqual(['await calls 3,4']);
    const end = { ...place(3), state: 'answered', tokens: TOKENS } as const;
    expect(batch.tell({ type: 'calls awaited', ends: [end] })).toEqual(['await calls 4', 'start call 5']);
  });

  test('hands over what Temporal takes, however many chunks, calls and rows there are, and however long their names', () => {
    const counts = { ...NO_ROWS, errors: Object.fromEntries(ERROR_KIND_NAMES.slice(0, 5).map((kind) => [kind, 999])) };
    const open = { ...newChunk(1_000), counts, fresh: 0, waiting: 999, waitingIn: Array<number>(20).fill(999) };
    const call = { group: 'a'.repeat(40), state: 'child', isCounted: false } as const;
    const numbers = Array.from({ length: 1_000 }, (_, chunk) => chunk);
    const chunks = Object.fromEntries(numbers.map((chunk) => [chunk, { ...open, calls: { [chunk * 1_000]: call } }]));
    const digest = 'd'.repeat(64);
    const attempt = { location: 'f'.repeat(100), byteStart: 1e9, byteLength: 1e4 };
    const names = { digest, attempt, customId: '漢'.repeat(512), group: 'a'.repeat(40) };
    const queue = numbers.slice(0, MAX_QUEUE).map((chunk) => ({ ...row(chunk, 1), ...names }));
    const next = progressOfNextRun({ ...new Told({}).progress, chunks, queue });
    expect(next.queue).toHaveLength(MAX_QUEUE);
    expect(Buffer.byteLength(JSON.stringify(next))).toBeLessThan(1_900_000);
  });

  test('a batch that waits for its input looks for it at once', () => {
    const batch = told({}, [
      [begun, 'check input'],
      [failed('check', 'storage'), 'wait 5000'],
      [{ type: 'history is long' }, 'continue as new'],
    ]);
    batch.progress = progressOfNextRun(batch.progress);
    expect(batch.status()).toMatchObject({ state: 'paused' });
    expect(batch.tell(begun)).toEqual(['check input']);
  });

  test('a batch that waits for its files with no chunk begun looks at the next one', () => {
    const batch = told({}, [[begun, 'check input'], [paused], [checked(10), 'keep input']]);
    batch.progress = progressOfNextRun({ ...batch.progress, pause: { reason: 'no files', by: 'batch' } });
    expect(batch.tell(begun)).toEqual(['probe chunk 0']);
  });

  test('a batch that was cancelled meanwhile goes on to stop', () => {
    const batch = told({}, [...ONE, [read(0, { answered: 9, named: [3] }), 'start call 3'], [started(3)]]);
    batch.tell({ type: 'history is long' });
    batch.tell(cancel);
    batch.progress = progressOfNextRun(batch.progress);
    expect(batch.tell(begun)).toEqual(['stop calls 3; wait for 3']);
  });
});

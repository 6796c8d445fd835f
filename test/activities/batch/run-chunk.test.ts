import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FirstAttempt } from '../../../src/activities/batch/first-attempt.js';
import { createRunChunk } from '../../../src/activities/batch/run-chunk.js';
import { systemClock } from '../../../src/clock.js';
import { answeredRecord, failedRecord, openPart, type RowRecord } from '../../../src/batch/index.js';
import type { ChunkResult, RunChunkInput } from '../../../src/core/batch/batch.js';
import { progress } from '../../core/build.js';
import { batchFolder, chat, row, storage, type BatchFolder } from '../../batch/folder.js';
import { report } from '../../batch/record.js';
import { chunkInput } from './chunk-input.js';

let folder: BatchFolder;
beforeEach(async () => {
  folder = await batchFolder();
});
afterEach(() => folder.remove());

const NEVER = new AbortController().signal;
const answered: Awaited<ReturnType<FirstAttempt>> = {
  type: 'answered',
  result: { response: { ok: true }, report: report([]) },
  release: () => undefined,
};
const context = { batchId: 'b', round: 1 };

interface Chunk {
  readonly ids?: readonly string[];
  readonly firstAttempt?: FirstAttempt;
  readonly written?: readonly RowRecord[];
  readonly attempt?: number;
  readonly set?: Partial<RunChunkInput>;
}

async function run({
  ids = ['a', 'b', 'c'],
  firstAttempt,
  written = [],
  attempt = 1,
  set,
}: Chunk): Promise<ChunkResult> {
  const { index } = await folder.index(ids.map((id) => row(id, chat(id))).join('\n'), { chunkRows: 1_000 });
  const part = await openPart({ storage, folder: folder.folder, chunk: 0, writer: 'before' });
  for (const record of written) await part.append(record);
  await part.close();
  const deps = {
    storage,
    clock: systemClock,
    stopping: NEVER,
    drained: NEVER,
    firstAttempt: firstAttempt ?? (async () => answered),
  };
  const files = { batchId: 'b', round: 1, folder: folder.folder, output: folder.folder, settings: {} };
  const input = chunkInput({ files, index }, set);
  return new MockActivityEnvironment({ attempt }).run(createRunChunk(deps), input) as Promise<ChunkResult>;
}

const STOPPED = { kind: 'CancelledError', status: 499, message: 'no', report: null } as const;

describe('a chunk', () => {
  test('tells where its rows stand, by what is written', async () => {
    const firstAttempt: FirstAttempt = async ({ customId }) =>
      customId === 'b' ? { type: 'attempted', progress: progress() } : answered;
    const result = await run({ firstAttempt });
    expect(result).toMatchObject({ counts: { answered: 2 }, fresh: 0, waiting: 1, ended: [] });
    expect(result.named).toMatchObject([{ row: 1, customId: 'b', attempt: { byteLength: expect.any(Number) } }]);
  });

  test('an exception in the first attempt of a row leaves that row to a call of its own, and holds no other', async () => {
    const firstAttempt: FirstAttempt = async ({ customId }) => {
      if (customId === 'b') throw new TypeError('a bug');
      return answered;
    };
    const result = await run({ firstAttempt });
    expect(result).toMatchObject({ counts: { answered: 2 }, fresh: 0, waiting: 1, named: [{ row: 1 }] });
  });

  test('that was lost twice leaves its rows to calls of their own, and nobody asks the provider', async () => {
    const firstAttempt = () => Promise.reject(new Error('nobody may be asked'));
    expect(await run({ firstAttempt, attempt: 3 })).toMatchObject({ fresh: 0, waiting: 3 });
  });

  test('that is only looked at asks nobody', async () => {
    const firstAttempt = () => Promise.reject(new Error('nobody may be asked'));
    expect(await run({ firstAttempt, set: { attempts: null } })).toMatchObject({ fresh: 3, waiting: 0, named: [] });
    expect(await run({ firstAttempt, set: { attempts: null, mode: 'workflow' } })).toMatchObject({
      fresh: 0,
      waiting: 3,
    });
  });

  test('names no row that the batch knows, and tells which of these have ended', async () => {
    const written = [answeredRecord({ row: 0, customId: 'a' }, answered.result, context)];
    const set = { known: [0, 1], attempts: null, mode: 'workflow' } as const;
    expect(await run({ written, set })).toMatchObject({ waiting: 1, named: [{ row: 2 }], ended: [0] });
  });

  test('writes down that a call was stopped from outside, unless something else is written', async () => {
    const written = [answeredRecord({ row: 0, customId: 'a' }, answered.result, context)];
    const set = { known: [0, 1], stopped: [0, 1], attempts: null };
    expect(await run({ written, set })).toMatchObject({
      counts: { answered: 1, failed: 1, errors: { CancelledError: 1 } },
      ended: [0, 1],
    });
  });

  test('begins no row once its rows have used their tokens, whoever ran them', async () => {
    const written = [answeredRecord({ row: 0, customId: 'a' }, answered.result, context)];
    const attempts = { slots: 1, groupSlots: {}, maxTokens: 30 };
    expect(await run({ written, set: { attempts } })).toMatchObject({ counts: { answered: 1 }, fresh: 2 });
  });

  test('has a small result, however many rows failed and however long their names are', async () => {
    const ids = Array.from({ length: 1_000 }, (_, at) => `${at}-`.padEnd(500, 'x'));
    const firstAttempt: FirstAttempt = async () => ({ type: 'attempted', progress: progress() });
    const attempts = { slots: 1_000, groupSlots: {}, maxTokens: null };
    const result = await run({ ids, firstAttempt, set: { attempts } });
    expect(result).toMatchObject({ waiting: 1_000 });
    expect(JSON.stringify(result).length).toBeLessThan(200_000);
  });

  test('of a group with a limit it names no more than it is asked for', async () => {
    const set = { groupNames: { fast: 2 }, attempts: null, mode: 'workflow' } as const;
    expect(await run({ set })).toMatchObject({ waiting: 3, named: [{ row: 0 }, { row: 1 }] });
  });

  test('in which something goes wrong that is nobody’s fault says so to the batch, which decides', async () => {
    const written = [failedRecord({ row: 0, customId: 'a' }, STOPPED, context)];
    const wrong = {
      ...storage,
      list: () => {
        throw new TypeError('a bug');
      },
    };
    const { index } = await folder.index(row('a'));
    const input = {
      files: { batchId: 'b', round: 1, folder: folder.folder, output: folder.folder, settings: {} },
      index,
      chunk: 0,
      mode: 'packed',
      attempts: null,
      known: [],
      stopped: [],
      groupNames: {},
    } satisfies RunChunkInput;
    const deps = {
      storage: wrong,
      clock: systemClock,
      stopping: NEVER,
      drained: NEVER,
      firstAttempt: async () => answered,
    };
    const failure: unknown = await new MockActivityEnvironment()
      .run(createRunChunk(deps), input)
      .catch((error: unknown) => error);
    expect(written).toHaveLength(1);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'BatchBroken', nonRetryable: true, message: 'a bug' });
  });
});

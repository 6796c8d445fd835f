import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FirstAttempt } from '../../../src/activities/batch/first-attempt.js';
import { createRowCalls } from '../../../src/activities/batch/row-calls.js';
import { RowMemory } from '../../../src/providers/row-memory.js';
import { createRunChunk } from '../../../src/activities/batch/run-chunk.js';
import { assembleOutput, indexInput, readChunk, type BatchRow } from '../../../src/batch/index.js';
import { systemClock } from '../../../src/clock.js';
import { Turns } from '../../../src/core/common/turns.js';
import { NO_HISTORY } from '../../../src/core/call/report.js';
import type { BatchFiles } from '../../../src/core/call/row-source.js';
import type { InputIndex } from '../../../src/core/batch/batch.js';
import { openStorage, toLocation } from '../../../src/storage/index.js';
import { chat, row } from '../../batch/folder.js';
import { report } from '../../batch/record.js';
import { parse } from '../../config/helpers.js';
import { progress } from '../../core/build.js';
import { skipWithout } from '../../helpers/requirements.js';
import { makeS3Bucket } from '../../helpers/s3-bucket.js';
import { CrashPoints } from './crash-points.js';
import { chunkInput } from './chunk-input.js';

interface Place {
  readonly folder: string;
  close(): Promise<void>;
}

async function localPlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-crash-'));
  return { folder: toLocation('', path), close: () => rm(path, { recursive: true }) };
}

async function s3Place(): Promise<Place> {
  const s3 = await makeS3Bucket();
  for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
  return { folder: `s3://${s3.bucket}/crash`, close: async () => undefined };
}

const PLACES = [
  { name: 'a folder', open: localPlace, skip: false },
  { name: 'S3', open: s3Place, skip: skipWithout('python-moto') },
];

/** So many points at once: most of the time goes by in waits of S3's. */
const AT_ONCE = 16;

const NEVER = new AbortController().signal;
const config = parse({ model_list: [{ model_name: 'fast', litellm_params: { model: 'openai/m', api_key: 'k' } }] });

/** What a row is answered, whenever it is asked. */
const answerTo = (customId: string) => ({ choices: [{ message: { content: `to ${customId}` } }] });
const firstAttempt: FirstAttempt = async ({ customId }) =>
  customId === 'retries'
    ? { type: 'attempted', progress: progress() }
    : {
        type: 'answered',
        result: { response: answerTo(customId), report: report([]) },
        release: () => undefined,
      };

/** A batch whose input is checked: one chunk. */
async function newBatch(folder: string, name: string) {
  const storage = openStorage();
  const at = (file: string): string => `${folder}/${name}/${file}`;
  const lines = ['a', 'retries', 'b'].map((id) => row(id, chat(id)));
  await storage.write(at('rows.jsonl'), Readable.from([`${lines.join('\n')}\n`]));
  const options = { storage, input: at('rows.jsonl'), folder: at('batch'), chunkRows: 1_000, settings: {} };
  const index = await indexInput(options);
  const files: BatchFiles = { batchId: name, round: 1, folder: at('batch'), output: at('out'), settings: {} };
  return { storage, index, files };
}

/** The lines of an output, without what differs from run to run. */
async function outputOf(files: BatchFiles, index: InputIndex): Promise<unknown[]> {
  const storage = openStorage();
  await assembleOutput({ storage, folder: files.folder, out: files.output, index, partial: true });
  const found: unknown[] = [];
  for (const name of ['output.jsonl', 'errors.jsonl']) {
    const blocks = (await (await storage.read(`${files.output}/${name}`)).toArray()) as Buffer[];
    for (const line of Buffer.concat(blocks).toString().split('\n').slice(0, -1)) {
      const { custom_id: id, response, error } = JSON.parse(line) as Record<string, { body?: unknown } | null>;
      found.push([name, id, response?.body ?? error]);
    }
  }
  return found;
}

/** The batch, which is told that a chunk has begun its last row. */
const BATCH = {
  workflow: { getHandle: () => ({ signal: async () => {} }) },
  withAbortSignal: (_signal: AbortSignal, work: () => unknown) => work(),
} as unknown as Client;

/** Runs an activity to a crash point, or to its end, with the heartbeat of those before it. */
async function runTo<T>(
  points: CrashPoints,
  attempt: number,
  details: unknown,
  run: (input: never) => Promise<T>,
  input: unknown,
) {
  const environment = new MockActivityEnvironment({ attempt, heartbeatDetails: details }, { client: BATCH });
  let told = details;
  environment.on('heartbeat', (beat: unknown) => {
    if (points.tells()) told = JSON.parse(JSON.stringify(beat)) as unknown;
  });
  const result = await Promise.race([environment.run(run as never, input) as Promise<T>, points.gone]);
  return { result, told };
}

/** Runs to each point, and its successor to the end; the points are found by a run to which nothing happens. */
async function atEachPoint(run: (points: CrashPoints, name: string) => Promise<unknown>): Promise<number> {
  const whole = new CrashPoints();
  const golden = await run(whole, 'golden');
  const turns = new Turns(AT_ONCE);
  const each = Array.from({ length: whole.passed }, (_, before) => before + 1);
  const check = async (at: number) => {
    const what = `killed at point ${at} of ${whole.passed}`;
    expect(await run(new CrashPoints(at), `at-${at}`), what).toEqual(golden);
  };
  await Promise.all(each.map((at) => turns.take(() => check(at))));
  return whole.passed;
}

for (const { name: where, open, skip } of PLACES) {
  describe.skipIf(skip)(`killed at any point, in ${where}`, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await place.close();
    });

    test('a chunk: its successor brings the same output, and asks again only for what was in flight', async () => {
      const points = await atEachPoint(async (crash, name) => {
        const { storage, index, files } = await newBatch(place.folder, `chunk-${name}`);
        const asked = new Map<string, number>();
        const ask: FirstAttempt = (one, shared) => {
          asked.set(one.customId, (asked.get(one.customId) ?? 0) + 1);
          return firstAttempt(one, shared);
        };
        const input = chunkInput({ files, index });
        const deps = { stopping: NEVER, drained: NEVER };
        const killed = createRunChunk({
          ...deps,
          clock: crash.clock,
          storage: crash.storage(storage),
          firstAttempt: (...given) => crash.around(() => ask(...given)),
        });
        const { told } = await runTo(crash, 1, undefined, killed, input);
        const { result } = await runTo(
          new CrashPoints(),
          2,
          told,
          createRunChunk({ ...deps, clock: systemClock, storage, firstAttempt: ask }),
          input,
        );
        for (const [id, times] of asked) expect(times, id).toBeLessThanOrEqual(2);
        const { counts, fresh, waiting, named } = result ?? {};
        return [counts, fresh, waiting, named?.map(({ customId }) => customId), await outputOf(files, index)];
      });
      expect(points).toBeGreaterThan(20);
    });

    test.each(['answered', 'failed'] as const)(
      'the call of a row that is %s: its end is written, once',
      async (how) => {
        const points = await atEachPoint(async (crash, name) => {
          const { storage, index, files } = await newBatch(place.folder, `row-${how}-${name}`);
          const rows: BatchRow[] = [];
          const from = { storage, index, folder: files.folder, chunk: 0, settings: {} };
          for await (const one of readChunk(from)) rows.push(one);
          const [one] = rows;
          if (one === undefined) throw new Error('no row');
          const source = { files, input: index.input, row: one };
          const of = { ...source, entry: { group: 'fast' }, before: NO_HISTORY, fallbacks: 0, configHash: 'h' };
          const activity = (using: CrashPoints) => {
            const deps = { storage: using.storage(storage), routing: config.routing, clock: using.clock };
            const calls = createRowCalls(deps);
            return async () => {
              if (how === 'failed') {
                const failure = { kind: 'Timeout', status: 408, message: 'late', report: null } as const;
                return calls.recordRowFailure({ ...source, failure });
              }
              const body = await calls.bodyOf(of, new RowMemory().open());
              const response = await using.around(async () => answerTo(one.customId));
              expect(body).toMatchObject({ messages: [{ content: one.customId }] });
              return calls.keepAnswer(of, response, progress());
            };
          };
          await runTo(crash, 1, undefined, activity(crash), null);
          const successor = new CrashPoints();
          await runTo(successor, 2, undefined, activity(successor), null);
          return outputOf(files, index);
        });
        expect(points).toBeGreaterThan(4);
      },
    );
  });
}

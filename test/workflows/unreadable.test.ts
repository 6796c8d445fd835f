import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchHandle } from '../../src/client.js';
import { EncryptionCodec } from '../../src/temporal/encryption-codec.js';
import { payloadConverter, Unreadable } from '../../src/workflows/payload-converter.js';
import { readLines, testRows, writeBatch, type TestBatchFiles } from '../helpers/batch.js';
import { withClient } from '../helpers/call-history.js';
import { testRing } from '../helpers/encryption.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const { EventType } = proto.temporal.api.enums.v1;

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast({
    model_list: [...group('good', ['ok']), ...group('held', ['held'])],
    router_settings: FAST,
  });
});
afterAll(() => holdfast.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const payload = (encoding: string, data: string): Payload => ({
  metadata: { encoding: bytes(encoding) },
  data: bytes(data),
});
const json = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);

const UNREADABLE: readonly [what: string, payload: Payload][] = [
  ['of an encoding that nobody knows', payload('binary/foreign', 'x')],
  ['of a foreign codec', payload('binary/encrypted', 'x')],
  ['with half of a JSON', payload('json/plain', '{"model": ')],
  ['without JSON', payload('json/plain', '')],
  ['without an encoding', { data: bytes('x') }],
];

test('what can be read is read as ever', () => {
  expect(payloadConverter.fromPayload(json({ a: ['ü', null] }))).toEqual({ a: ['ü', null] });
  expect(payloadConverter.fromPayload(payload('json/plain', '{'))).toBeInstanceOf(Unreadable);
});

async function encrypted(plain: Payload): Promise<Payload> {
  const [found = plain] = await new EncryptionCodec(testRing('elsewhere'), 'default').encode([plain]);
  return found;
}

interface Start {
  readonly type: string;
  readonly payloads: readonly Payload[];
  readonly memo?: Readonly<Record<string, Payload>>;
  /** @default that of the worker */
  readonly taskQueue?: string;
}

/** Starts a workflow as any client of Temporal's can. */
async function startByHand(
  client: Client,
  { type, payloads, memo = {}, taskQueue = holdfast.taskQueue }: Start,
): Promise<string> {
  const workflowId = `by-hand-${randomUUID()}`;
  await client.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: randomUUID(),
    workflowType: { name: type },
    taskQueue: { name: taskQueue },
    input: { payloads: [...payloads] },
    memo: { fields: memo },
  });
  return workflowId;
}

/** How the workflow failed; throws where a task of it failed. */
async function failureOf(client: Client, workflowId: string): Promise<unknown> {
  const handle = client.workflow.getHandle(workflowId);
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  await mustHaveNoFailedTask(client, workflowId);
  return error instanceof WorkflowFailedError ? error.cause : error;
}

async function mustHaveNoFailedTask(client: Client, workflowId: string): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const failed = events?.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED);
  expect(failed).toEqual([]);
}

describe.each(UNREADABLE)('a workflow whose input is a payload %s', (_, its) => {
  test.each([
    ['llmCall', 'BadRequestError'],
    ['llmBatch', 'BadInput'],
  ])('%s fails, and says so', async (type, kind) => {
    await withClient(async (client) => {
      const id = await startByHand(client, { type, payloads: [its] });
      expect(await failureOf(client, id)).toMatchObject({
        type: kind,
        message: expect.stringContaining('cannot be read'),
      });
    });
  });
});

test.each<[what: string, type: string, payloads: readonly Payload[]]>([
  ['a batch without an input', 'llmBatch', []],
  ['a batch whose input is a number', 'llmBatch', [json(3)]],
  ['a batch without a spec', 'llmBatch', [json({})]],
  ['a batch with half of a spec', 'llmBatch', [json({ spec: { input: 'file:///nowhere' }, round: 1 })]],
  ['a call without an input', 'llmCall', []],
  ['a call with a plan that is none', 'llmCall', [json({ operation: 'chat.completions', request: {}, plan: 3 })]],
])('%s fails by itself', async (_, type, payloads) => {
  await withClient(async (client) => {
    const id = await startByHand(client, { type, payloads });
    expect(await failureOf(client, id)).toMatchObject({ message: expect.any(String) });
  });
});

const CALL = { operation: 'chat.completions', request: { model: 'good', messages: [{ role: 'user', content: 'hi' }] } };
const JUNK = [null, 3, 'x', [], {}, [[]], { a: {} }] as const;

test.each(['operation', 'request', 'stream', 'isKnownModel', 'headers', 'ceilings', 'plan', 'first'])(
  'a call comes to an end whatever stands for its %s',
  async (field) => {
    await withClient(async (client) => {
      const ends = JUNK.map(async (junk) => {
        const id = await startByHand(client, { type: 'llmCall', payloads: [json({ ...CALL, [field]: junk })] });
        await failureOf(client, id);
      });
      await Promise.all(ends);
    });
  },
);

test('a call whose stream is sent what is none ends by itself', async () => {
  await withClient(async (client) => {
    const request = { ...CALL.request, model: 'held' };
    const id = await startByHand(client, { type: 'llmCall', payloads: [json({ ...CALL, request, stream: {} })] });
    await waitFor(() => holdfast.provider.requests.some(({ body }) => JSON.stringify(body).includes('held')));
    await client.workflow.getHandle(id).signal('__temporal_workflow_stream_publish', null);
    expect(await failureOf(client, id)).toMatchObject({ message: expect.any(String) });
  });
});

test('a call for a row whose files nobody can read ends when its time for that is over', async () => {
  const folder = 'file:///dev/null/batch';
  const row = { row: 0, chunk: 0, byteStart: 0, byteLength: 1, digest: '', customId: 'a', group: 'good' };
  const files = { batchId: 'none', round: 1, folder, output: folder, settings: {} };
  await withClient(async (client) => {
    const payloads = [json({ files, input: `${folder}/input.jsonl`, row })];
    const workflowId = await startByHand(client, { type: 'llmCall', payloads });
    // An hour is long for a test.
    await endTimeOf(client, workflowId, 'resolveRow');
    await endTimeOf(client, workflowId, 'recordRowFailure');
    expect(await failureOf(client, workflowId)).toMatchObject({
      type: 'InternalServerError',
      message: expect.stringContaining('given up after an hour: cannot read /dev/null/batch/input.jsonl'),
    });
  });
});

/** Ends the time of an activity that would be tried again and again. */
async function endTimeOf(client: Client, workflowId: string, activity: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const pending = await waitFor(async () => {
    const { pendingActivities } = (await handle.describe()).raw;
    return pendingActivities?.find(({ activityType }) => activityType?.name === activity);
  });
  await client.workflowService.updateActivityOptions({
    namespace: 'default',
    execution: { workflowId },
    id: pending.activityId ?? null,
    identity: 'operator',
    activityOptions: { scheduleToCloseTimeout: { nanos: 900_000_000 } },
    updateMask: { paths: ['schedule_to_close_timeout'] },
  });
}

test('a memo that cannot be read is no matter', async () => {
  await withClient(async (client) => {
    const memo = { note: payload('binary/foreign', 'x') };
    const id = await startByHand(client, { type: 'llmCall', payloads: [json(CALL)], memo });
    await client.workflow.getHandle(id).result();
    await mustHaveNoFailedTask(client, id);
    expect(await holdfast.client.handle(id).inspect()).toMatchObject({ state: 'answered' });
    // Its id is taken, and not by this request.
    const request = { model: 'good', messages: [{ role: 'user' as const, content: 'hi' }] };
    const again = holdfast.client.start(request, { idempotencyKey: id });
    await expect(again).rejects.toMatchObject({ kind: 'ConflictError' });
    // It hides no other call of the list.
    await waitFor(() => isListed(holdfast.client.list({ state: 'answered', limit: 10_000 }), id), { everyMs: 500 });
  });
});

test('a batch that was started by hand, without what it is listed with, hides no other', async () => {
  await withClient(async (client) => {
    const id = await startByHand(client, { type: 'llmBatch', payloads: [], memo: { holdfastBatchSpec: json(7) } });
    await failureOf(client, id);
    const { batches } = holdfast.client;
    await expect(batches.find(id)).rejects.toMatchObject({ kind: 'NotFoundError' });
    await expect(batches.retryFailed(id)).rejects.toMatchObject({ kind: 'NotFoundError' });
    await listsOthersThan(id);
  });
});

test('a batch under a key that is not here hides no other', async () => {
  await withClient(async (client) => {
    const memo = { holdfastBatchSpec: await encrypted(json({ output: 'out' })) };
    const id = await startByHand(client, { type: 'llmBatch', payloads: [], memo, taskQueue: 'nobody' });
    await expect(holdfast.client.batches.find(id)).rejects.toThrow('key "elsewhere"');
    await listsOthersThan(id);
    await client.workflow.getHandle(id).terminate();
  });
});

async function listsOthersThan(id: string): Promise<void> {
  const { batches } = holdfast.client;
  const batch = await batches.submit(await writeBatch(testRows(1, ['good'])));
  await waitFor(
    async () => {
      const ids: string[] = [];
      for await (const { batchId } of batches.list({ limit: 10_000 })) ids.push(batchId);
      expect(ids).not.toContain(id);
      return ids.includes(batch.batchId);
    },
    { everyMs: 500 },
  );
  await waitFor(async () => (await batch.status()).state === 'completed', { everyMs: 500 });
}

async function isListed(calls: AsyncIterable<{ readonly callId: string }>, id: string): Promise<boolean> {
  for await (const { callId } of calls) if (callId === id) return true;
  return false;
}

describe('a batch that runs', () => {
  const begin = async (): Promise<{ batch: BatchHandle; files: TestBatchFiles }> => {
    holdfast.provider.reset();
    const files = await writeBatch(testRows(2, ['held']));
    const batch = await holdfast.client.batches.submit({ ...files, mode: 'packed' });
    await waitFor(() => holdfast.provider.callCount() === 2);
    return { batch, files };
  };

  test('takes no harm of messages that are none', async () => {
    const { batch } = await begin();
    await withClient(async (client) => {
      const execution = { workflowId: batch.batchId };
      const of = (name: string, its: Payload | null) => ({ name, input: { payloads: its === null ? [] : [its] } });
      const values = [null, ...UNREADABLE.map(([, its]) => its), json({}), json(null), json('x'), json([1])];
      for (const its of values) {
        for (const signalName of ['chunkTail', 'pause', 'no such signal']) {
          const { input } = of(signalName, its);
          await client.workflowService.signalWorkflowExecution({
            namespace: 'default',
            workflowExecution: execution,
            signalName,
            input,
            requestId: randomUUID(),
          });
        }
        const { input: queryArgs } = of('status', its);
        const query = { queryType: 'status', queryArgs };
        await client.workflowService.queryWorkflow({ namespace: 'default', execution, query });
      }
      const handle = client.workflow.getHandle(batch.batchId);
      const updates: readonly [name: string, args: unknown[]][] = [
        ['pause', [{}]],
        ['setConcurrency', ['x']],
        ['setConcurrency', []],
        ['resume', [{ maxTokensTotal: -1 }]],
        ['resume', [null]],
      ];
      for (const [name, args] of updates) {
        await expect(handle.executeUpdate(name, { args } as never)).rejects.toThrow();
      }
      holdfast.provider.release();
      expect(await batch.result()).toMatchObject({ state: 'completed' });
      await mustHaveNoFailedTask(client, batch.batchId);
    });
  });

  test('and whose workflow cannot go on fails, and can be taken up again', async () => {
    const { batch, files } = await begin();
    await withClient(async (client) => {
      const { raw } = await client.workflow.getHandle(batch.batchId).describe();
      const chunk = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'runChunk');
      // By hand, as an operator can.
      await client.activity.complete(
        { workflowId: batch.batchId, activityId: chunk!.activityId! },
        { none: 'of ours' },
      );
      await expect(batch.result()).rejects.toThrow(/the workflow of the batch cannot go on: .*retry-failed/);
      await mustHaveNoFailedTask(client, batch.batchId);
    });
    const again = await holdfast.client.batches.retryFailed(batch.batchId);
    let isOver = false;
    const ended = again.result().finally(() => (isOver = true));
    await waitFor(() => {
      holdfast.provider.release();
      return isOver;
    });
    expect(await ended).toMatchObject({ state: 'completed' });
    expect(await readLines(files.outputFile)).toHaveLength(2);
  });
});

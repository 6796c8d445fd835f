import { fileURLToPath } from 'node:url';
import { inject, onTestFinished, test, expect } from 'vitest';
import { startService } from '../../src/cli/start-service.js';
import { HoldfastClient } from '../../src/client.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group, openHoldfast, PLANTED_KEY } from '../helpers/holdfast.js';
import { openOtlpReceiver, tracesTo, type OtlpReceiver, type Span } from '../helpers/otlp-receiver.js';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` };
/** The build's, since what runs here has none of its own with traces. */
const workflowBundle = { codePath: fileURLToPath(new URL('../../dist/traced-workflow-bundle.cjs', import.meta.url)) };

const CONFIG = {
  model_list: [...group('good'), ...group('flaky'), ...group('broken'), ...group('hanging')],
  router_settings: { ...FAST, num_retries: 1 },
};
const PROMPT = 'What nobody else may read';
const QUOTE = `Invalid prompt: ${PROMPT}`;
const SCRIPT = {
  'good-up': [{ content: 'An answer for one reader' }],
  'flaky-up': [{ status: 429, error: { message: QUOTE } }, {}],
  'broken-up': [{ status: 400, error: { message: QUOTE } }],
  'hanging-up': 'hang',
};

async function openTraced(): Promise<{ gateway: TestGateway; receiver: OtlpReceiver }> {
  const receiver = await openOtlpReceiver();
  onTestFinished(() => receiver.close());
  const traces = await tracesTo(receiver);
  const gateway = await openGateway(CONFIG, SCRIPT, {}, (options) =>
    startService({ ...options, traces, workflowBundle }),
  );
  onTestFinished(() => gateway.close());
  return { gateway, receiver };
}

const ask = (gateway: TestGateway, model: string, headers: Record<string, string> = TRACEPARENT) =>
  gateway.fetch('/v1/chat/completions', { headers, json: { model, messages: [{ role: 'user', content: PROMPT }] } });

const callIdOf = (response: Response): string => response.headers.get('x-holdfast-workflow-id') ?? '';

/** The names of a span and of those that it is part of, as far as they came. */
function path(spans: readonly Span[], span: Span): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent === undefined ? [] : path(spans, parent)), span.name];
}

test('a call is part of the trace of whoever asks the gateway, from the request to the attempt', async () => {
  const { gateway, receiver } = await openTraced();
  const response = await ask(gateway, 'good');
  expect(response.status).toBe(200);
  const request = await receiver.span('POST /v1/chat/completions');
  expect(request).toMatchObject({
    traceId: CALLER.traceId,
    parentSpanId: CALLER.spanId,
    isError: false,
    service: 'holdfast',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
      'holdfast.call.id': callIdOf(response),
    },
  });
  const attempt = await receiver.span('chat good-up');
  expect(attempt).toMatchObject({ traceId: CALLER.traceId, isError: false });
  expect(path(receiver.spans(), attempt)[0]).toBe('POST /v1/chat/completions');
  expect(attempt.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'good-up',
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.usage.output_tokens': expect.any(Number),
    'server.address': '127.0.0.1',
    'http.response.status_code': 200,
    'holdfast.call.id': callIdOf(response),
    'holdfast.group': 'good',
    'holdfast.attempt': 1,
    'holdfast.outcome': 'answered',
    'holdfast.wait_ms': expect.any(Number),
  });
  expect(await receiver.span('StartWorkflow:llmCall')).toMatchObject({ parentSpanId: request.spanId });
});

test('each attempt has a span, with what went wrong, and the wait before it with its reason; the workflow has one', async () => {
  const { gateway, receiver } = await openTraced();
  const response = await ask(gateway, 'flaky');
  expect(response.status).toBe(200);
  await receiver.span('chat flaky-up', 2);
  const run = await receiver.span('RunWorkflow:llmCall');
  const spans = receiver.spans();
  const attempts = spans
    .filter(({ name }) => name === 'chat flaky-up')
    .toSorted(
      (one, other) => Number(one.attributes['holdfast.attempt']) - Number(other.attributes['holdfast.attempt']),
    );
  expect(attempts).toMatchObject([
    {
      traceId: CALLER.traceId,
      isError: true,
      attributes: {
        'error.type': 'RateLimitError',
        'http.response.status_code': 429,
        'holdfast.attempt': 1,
        'holdfast.outcome': 'failed',
        'holdfast.next': 'retry',
      },
    },
    {
      traceId: CALLER.traceId,
      isError: false,
      attributes: {
        'holdfast.attempt': 2,
        'holdfast.outcome': 'answered',
        'holdfast.wait_ms': expect.any(Number),
        'holdfast.wait_reason': attempts[0]?.attributes['holdfast.next_reason'],
      },
    },
  ]);
  await receiver.span('POST /v1/chat/completions');
  expect(path(receiver.spans(), run)).toEqual([
    'POST /v1/chat/completions',
    'StartWorkflow:llmCall',
    'RunWorkflow:llmCall',
  ]);
  expect(path(spans, attempts[1] as Span)).toContain('RunActivity:callModelGroup');
});

test('no span has a text of a request, an answer or an error, nor a key', async () => {
  const { gateway, receiver } = await openTraced();
  for (const model of ['good', 'flaky', 'broken']) await ask(gateway, model);
  await receiver.span('chat broken-up');
  await receiver.span('POST /v1/chat/completions', 3);
  const received = receiver.received();
  for (const text of [PROMPT, 'An answer for one reader', 'Invalid prompt', PLANTED_KEY]) {
    expect(received).not.toContain(text);
  }
});

test('a request without a traceparent begins a trace; one that says that it is not sampled sends no span', async () => {
  const { gateway, receiver } = await openTraced();
  await ask(gateway, 'good', { traceparent: TRACEPARENT.traceparent.replace(/01$/, '00') });
  await ask(gateway, 'flaky', {});
  const run = await receiver.span('RunWorkflow:llmCall');
  expect(run.traceId).not.toBe(CALLER.traceId);
  expect(receiver.spans().filter(({ traceId }) => traceId === CALLER.traceId)).toEqual([]);
});

test('an attempt that is cancelled has a span, too', async () => {
  const { gateway, receiver } = await openTraced();
  const leaving = new AbortController();
  const asking = gateway.fetch('/v1/chat/completions', {
    headers: { ...TRACEPARENT, 'x-holdfast-on-disconnect': 'cancel' },
    json: { model: 'hanging', messages: [{ role: 'user', content: PROMPT }] },
    signal: leaving.signal,
  });
  await expect.poll(() => gateway.provider.callCount('hanging-up')).toBe(1);
  leaving.abort();
  await expect(asking).rejects.toThrow();
  expect(await receiver.span('chat hanging-up')).toMatchObject({
    traceId: CALLER.traceId,
    isError: true,
    attributes: { 'error.type': 'interrupted', 'holdfast.outcome': 'interrupted' },
  });
  expect(await receiver.span('POST /v1/chat/completions')).toMatchObject({
    attributes: { 'http.response.status_code': 499 },
  });
});

test('a batch is a trace of its chunks; its rows have no spans, neither here nor as calls of their own', async () => {
  const receiver = await openOtlpReceiver();
  onTestFinished(() => receiver.close());
  const traces = await tracesTo(receiver);
  const holdfast = await openHoldfast(CONFIG, SCRIPT, { traces, workflowBundle });
  onTestFinished(() => holdfast.close());
  const client = await HoldfastClient.connect({
    address: inject('temporalAddress'),
    taskQueue: holdfast.taskQueue,
    interceptors: traces.clientInterceptors,
  });
  onTestFinished(() => client.close());
  const files = await writeBatch(testRows(4, ['good', 'flaky']));
  await (await client.batches.submit(files)).result();
  const run = await receiver.span('RunWorkflow:llmBatch');
  const chunk = await receiver.span('RunActivity:runChunk');
  expect(chunk.traceId).toBe(run.traceId);
  expect(path(receiver.spans(), chunk)).toEqual([
    'StartWorkflow:llmBatch',
    'RunWorkflow:llmBatch',
    'StartActivity:runChunk',
    'RunActivity:runChunk',
  ]);
  expect(receiver.spans().filter(({ attributes }) => 'gen_ai.operation.name' in attributes)).toEqual([]);
  expect(receiver.spans().filter(({ name }) => name.includes('llmCall'))).toEqual([]);
});

test('a call of a client that is not part of a trace has no span', async () => {
  const { gateway, receiver } = await openTraced();
  await gateway.client.execute({ model: 'flaky', messages: [{ role: 'user', content: PROMPT }] });
  await ask(gateway, 'good');
  await receiver.span('chat good-up');
  await receiver.span('POST /v1/chat/completions');
  expect(new Set(receiver.spans().map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]));
});

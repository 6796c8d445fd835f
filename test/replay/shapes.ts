import type { CallHandle, ChatCompletionRequest } from '../../src/client.js';
import type { Script } from '../../src/mock-provider/index.js';
import { FAST, group, type TestHoldfast } from '../helpers/holdfast.js';
import { WorkflowStreams } from '../../src/streaming/workflow-streams.js';
import { withClient } from '../helpers/call-history.js';
import { waitFor } from '../helpers/wait-for.js';

export const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('flaky'),
    ...group('down'),
    ...group('broken'),
    ...group('limited'),
    ...group('hanging'),
    ...group('again', ['500,ok']),
    ...group('cut'),
    ...group('asking'),
    ...group('dear'),
    ...group('narrow', [{ model: 'openai/narrow-up', max_parallel_requests: 1 }]),
    ...group('claude', [{ model: 'anthropic/claude-up' }]),
  ],
  webhooks: [{ name: 'ops', url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(32).toString('base64')}` }],
  router_settings: {
    ...FAST,
    num_retries: 2,
    fallbacks: [{ down: ['nobody', 'broken', 'good'] }, { cut: ['good'] }, { asking: ['dear', 'good'] }],
    fallback_approval: { groups: ['dear'] },
    model_group_alias: { best: 'down' },
  },
};

export const SCRIPT: Script = {
  'good-up': 'ok',
  'flaky-up': '500,429,ok',
  'down-up': '503',
  'broken-up': '400',
  'asking-up': '400',
  'dear-up': 'ok',
  'limited-up': '429(retry-after=3600)',
  'hanging-up': 'hang',
  'claude-up': '529,ok',
  'cut-up': [{ sse: ['Hel', 'lo'], then: 'reset' }],
};

const ask = (model: string, settings: object = {}): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: 'Which bird is this?' }],
  ...settings,
});

/** A request of Anthropic's Messages API. */
const message = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'Which bird is this?' }] };

const finished = async (handle: CallHandle): Promise<string> => {
  await handle.result().catch(() => undefined);
  return handle.callId;
};

const STREAMED = { stream: { restart: false } };

/** Reads the stream of a call through its workflow until the call is over. */
async function readAlong(handle: CallHandle): Promise<string> {
  const { callId, startedRunId } = handle;
  const over = new AbortController();
  await withClient(async (client) => {
    const parts = new WorkflowStreams(client).read({ callId, runId: startedRunId ?? '' }, over.signal);
    const read = (async () => {
      for await (const { last } of parts) if (last) break;
    })();
    await finished(handle);
    over.abort();
    await read;
  });
  return callId;
}

/** One call of each shape that a history can take. Each returns the id of its call, which is over. */
export const SHAPES: Record<string, (holdfast: TestHoldfast) => Promise<string>> = {
  success: async ({ client }) => finished(await client.start(ask('good'))),
  retries: async ({ client }) => finished(await client.start(ask('flaky'))),
  fallback: async ({ client }) => finished(await client.start(ask('down'))),
  alias: async ({ client }) => finished(await client.start(ask('best'))),
  failure: async ({ client }) => finished(await client.start(ask('down', { max_fallbacks: 1 }))),
  messages: async ({ client }) => finished(await client.start(message, { operation: 'messages' })),
  // Content was read: no fallback follows.
  'stream-cut': async ({ client }) => finished(await client.start(ask('cut', { stream: true }))),
  // Parts of the stream are signals; who reads it polls by updates.
  'stream-unread': async ({ client }) => finished(await client.start(ask('good', { stream: true }), STREAMED)),
  'stream-read': async ({ client }) => readAlong(await client.start(ask('flaky', { stream: true }), STREAMED)),
  'stream-cancelled': async ({ client, provider }) => {
    const before = provider.callCount('hanging-up');
    const handle = await client.start(ask('hanging', { stream: true }), STREAMED);
    const read = readAlong(handle);
    await waitFor(() => provider.callCount('hanging-up') > before);
    await handle.cancel();
    return read;
  },
  timeout: async ({ client }) => finished(await client.start(ask('hanging', { timeout: 0.5, fallbacks: [] }))),
  refused: async ({ client }) => finished(await client.start(ask('nobody'))),
  // Another worker is asked for the plan, for as long as there may be one.
  'known-elsewhere': async ({ client }) =>
    finished(await client.start(ask('elsewhere', { timeout: 2 }), { isKnownModel: true })),
  'cancel-waiting': async ({ client }) => {
    const handle = await client.start(ask('limited'));
    await waitFor(async () => (await handle.describe()).pending?.state === 'waiting');
    await handle.cancel();
    return finished(handle);
  },
  'cancel-in-flight': async ({ client, provider }) => {
    const before = provider.callCount('hanging-up');
    const handle = await client.start(ask('hanging'));
    await waitFor(() => provider.callCount('hanging-up') > before);
    await handle.cancel();
    return finished(handle);
  },
};

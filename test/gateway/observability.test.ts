import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { MAX_PAYLOAD_BYTES } from '../../src/core/common/limits.js';
import { OPERATIONS } from '../../src/core/common/operations.js';
import { SETTING_KEYS } from '../../src/core/plan/request.js';
import type { HoldfastClient } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startGateway } from '../../src/gateway/start-gateway.js';
import { ProcessMetrics } from '../../src/metrics/process-metrics.js';
import { LocalStreams } from '../../src/streaming/local-streams.js';
import { eventNames, withClient } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const MODELS = [...group('good'), ...group('waits'), ...group('flaky'), ...group('down'), ...group('any/*', ['*'])];

let gateway: TestGateway;
beforeAll(async () => {
  const config = { model_list: MODELS, router_settings: { ...FAST, num_retries: 1, fallbacks: [{ down: ['good'] }] } };
  const script = {
    'good-up': 'ok',
    'flaky-up': '429,ok',
    'down-up': '500',
    'waits-up': [{ status: 429, headers: { 'retry-after': '600' } }],
  };
  gateway = await openGateway(config, script, {
    metrics: new ProcessMetrics(() => Promise.resolve('temporal_request_total 5\n')),
  });
});
afterAll(() => gateway.close());

const ask = (model: string) =>
  gateway.fetch('/v1/chat/completions', { json: { model, messages: [{ role: 'user', content: 'hi' }] } });

const metrics = async (): Promise<Map<string, number>> => {
  const text = await (await gateway.fetch('/metrics')).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
};

const labels = (name: string) =>
  `requested_model="${name}",model_id="${name}#${name}-up",litellm_model_name="${name}-up"`;
const failure = (kind: string, status: number) => `exception_class="${kind}",exception_status="${status}"`;

describe('metrics', () => {
  test('of requests, attempts, retries and fallbacks; groups of wildcards by the wildcard', async () => {
    for (const model of ['good', 'flaky', 'down', 'any/ok', 'any/200']) expect((await ask(model)).status).toBe(200);
    await ask('nowhere');
    // The last response is counted when it has left, which may be after the client has read it.
    const counted = await waitFor(async () => {
      const found = await metrics();
      return found.get('holdfast_requests_total{route="/v1/chat/completions",status="404"}') === 1 ? found : null;
    });
    expect(Object.fromEntries(counted)).toMatchObject({
      'holdfast_requests_total{route="/v1/chat/completions",status="200"}': 5,
      'holdfast_request_duration_seconds_count{route="/v1/chat/completions"}': 6,
      holdfast_requests_in_flight: 0,
      [`litellm_deployment_success_responses_total{${labels('good')}}`]: 2,
      [`litellm_deployment_failure_responses_total{${labels('flaky')},${failure('RateLimitError', 429)}}`]: 1,
      [`litellm_deployment_failure_responses_total{${labels('down')},${failure('InternalServerError', 500)}}`]: 2,
      'litellm_deployment_success_responses_total{requested_model="any/*",model_id="any/*",litellm_model_name="any/*"}': 2,
      'holdfast_retries_total{group="flaky"}': 1,
      'holdfast_fallbacks_total{from="down",group="good"}': 1,
      temporal_request_total: 5,
    });
    expect([...counted.keys()]).toEqual(
      expect.arrayContaining(['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']),
    );
  });
});

describe('an outage', () => {
  test('is seen while it lasts: attempts as they end, and the calls that wait', async () => {
    const call = await gateway.client.start({ model: 'waits', messages: [{ role: 'user', content: 'hi' }] });
    const seen = await waitFor(async () => {
      const found = await metrics();
      return found.has('holdfast_calls_waiting{group="waits",reason="RateLimitError"}') ? found : null;
    });
    expect(Object.fromEntries(seen)).toMatchObject({
      'holdfast_calls_waiting{group="waits",reason="RateLimitError"}': 1,
      'holdfast_oldest_wait_seconds{group="waits",reason="RateLimitError"}': expect.any(Number),
      [`litellm_deployment_failure_responses_total{${labels('waits')},${failure('RateLimitError', 429)}}`]: 1,
      [`litellm_deployment_state{${labels('waits')}}`]: 1,
      [`litellm_deployment_state{${labels('good')}}`]: 0,
      [`holdfast_attempts_in_flight{${labels('waits')}}`]: 0,
      'holdfast_retries_total{group="waits"}': 1,
    });
    await call.cancel();
  });
});

describe('health', () => {
  test('alive', async () => {
    for (const path of ['/health/liveliness', '/health/liveness']) {
      expect(await (await gateway.fetch(path)).json()).toEqual({ status: 'alive' });
    }
  });

  test('ready: Temporal is reachable, and a worker polls', async () => {
    await waitFor(async () => (await gateway.fetch('/health/readiness')).status === 200);
    expect(await (await gateway.fetch('/health/readiness')).json()).toEqual({
      status: 'ready',
      temporal: 'reachable',
      worker: 'polling',
    });
  });

  test.each<[what: string, hasWorkers: () => Promise<boolean>, expected: object]>([
    ['no worker', async () => false, { temporal: 'reachable', worker: 'none' }],
    [
      'no Temporal',
      async () => {
        throw new Error('gone');
      },
      { temporal: 'unreachable', worker: null },
    ],
    ['a Temporal that does not answer', () => new Promise(() => undefined), { temporal: 'unreachable', worker: null }],
  ])('not ready: %s', async (_, hasWorkers, expected) => {
    const config = parseConfig('model_list: [{model_name: a, litellm_params: {model: b, api_key: c}}]', {
      source: '',
      env: {},
    });
    const alone = await startGateway({
      client: { hasWorkers, maxRequestBytes: MAX_PAYLOAD_BYTES } as HoldfastClient,
      streams: new LocalStreams(),
      config,
      port: 0,
      log: pino({ level: 'silent' }),
    });
    const response = await fetch(`${alone.url}/health/readiness`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'not ready', ...expected });
    alone.stop();
    await alone.stopped;
  });
});

describe('the description', () => {
  test('has every operation with its settings, and every other route once', async () => {
    const description = (await (await gateway.fetch('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { tags: string[]; summary: string }>>;
      components: { schemas: { CallSettings: { properties: object } } };
    };
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.components.schemas.CallSettings.properties).toSorted()).toEqual(
      SETTING_KEYS.toSorted(),
    );
    const operations = Object.values(OPERATIONS).map(({ path }) => `/v1${path}`);
    expect(Object.keys(description.paths)).toEqual(expect.arrayContaining(operations));
    expect(
      Object.keys(description.paths)
        .filter((path) => !path.startsWith('/v1'))
        .toSorted(),
    ).toEqual([
      '/health/liveliness',
      '/health/liveness',
      '/health/readiness',
      '/holdfast/actions',
      '/holdfast/calls',
      '/holdfast/calls/{id}',
      '/holdfast/calls/{id}/events',
      '/holdfast/calls/{id}/forget',
      '/holdfast/calls/{id}/{action}',
      '/holdfast/holds',
      '/holdfast/providers',
      '/holdfast/releases',
      '/holdfast/workers',
      '/metrics',
      '/openapi.json',
    ]);
  });
});

test('a call begins on the worker of the same process, without a detour over the task queue', async () => {
  const response = await ask('good');
  const callId = response.headers.get('x-holdfast-workflow-id')!;
  expect(await eventNames(callId)).toContain('WorkflowExecutionCompleted');
  const { events } = await withClient((client) => client.workflow.getHandle(callId).fetchHistory());
  expect(events?.[0]?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted).toBe(true);
});

test('a port that is taken is an error that says so', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const config = { routing: { groups: {}, aliases: {} }, gateway: { keys: [] } } as never;
  const start = (host: string) =>
    startGateway({
      client: { maxRequestBytes: MAX_PAYLOAD_BYTES } as never,
      streams: new LocalStreams(),
      config,
      host,
      port,
      log: pino({ level: 'silent' }),
    });
  await expect(start('127.0.0.1')).rejects.toMatchObject({
    name: 'GatewayError',
    message: `port ${port} of 127.0.0.1 is taken: choose another`,
  });
  other.close();
  const elsewhere = startGateway({
    client: { maxRequestBytes: MAX_PAYLOAD_BYTES } as never,
    streams: new LocalStreams(),
    config,
    host: '192.0.2.1',
    port,
    allowAnybody: true,
    log: pino({ level: 'silent' }),
  });
  await expect(elsewhere).rejects.toThrow('192.0.2.1 is no address of this machine');
});

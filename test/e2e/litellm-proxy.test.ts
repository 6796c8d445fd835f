import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type ChatCompletionRequest } from '../../src/client.js';
import { ERROR_KINDS, type ErrorKind } from '../../src/core/errors/error-kinds.js';
import { freePort } from '../../src/dev-server/ports.js';
import type { Script } from '../../src/mock-provider/index.js';
import { FAST, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { PROXY_START_MS, startLitellmProxy, type LitellmProxy } from './litellm-proxy.js';

/** Models whose answers and errors LiteLLM makes up, as its documents tell how. */
const MADE_UP: Record<string, Record<string, unknown>> = {
  good: { mock_response: 'hello from LiteLLM' },
  limited: { mock_response: 'litellm.RateLimitError' },
  broken: { mock_response: 'litellm.InternalServerError' },
  'too-long': { mock_response: 'litellm.ContextWindowExceededError' },
  refused: { model: 'azure/refused', mock_response: 'Exception: content_filter_policy' },
  'too-slow': { mock_timeout: true, timeout: 0.1 },
  overloaded: { mock_response: 'Exception: mock_streaming_error' },
  claude: { model: 'anthropic/claude-3-haiku-20240307', mock_response: 'hello' },
};

/** Errors of the provider behind LiteLLM: what the provider does, and what reaches a call of it. */
const HANDED_ON: readonly (readonly [fault: string, kind: ErrorKind, status: number])[] = [
  ['400', 'BadRequestError', 400],
  ['401', 'AuthenticationError', 401],
  ['402', 'PaymentRequiredError', 402],
  ['403', 'PermissionDeniedError', 403],
  ['404', 'NotFoundError', 404],
  ['408', 'Timeout', 408],
  ['409', 'ConflictError', 409],
  ['422', 'UnprocessableEntityError', 422],
  ['429', 'RateLimitError', 429],
  ['500', 'InternalServerError', 500],
  ['502', 'BadGatewayError', 502],
  ['503', 'ServiceUnavailableError', 503],
  ['504', 'GatewayTimeoutError', 504],
  ['529', 'InternalServerError', 529],
  ['context', 'ContextWindowExceededError', 400],
  ['policy', 'ContentPolicyViolationError', 400],
  // LiteLLM drops the code `insufficient_quota`.
  ['quota', 'RateLimitError', 429],
  ['html', 'InternalServerError', 500],
  ['empty', 'InternalServerError', 500],
  ['reset', 'InternalServerError', 500],
  ['no-choices', 'InvalidResponseError', 502],
];

const SCRIPT: Script = {
  ...Object.fromEntries(HANDED_ON.map(([fault]) => [`does-${fault}`, fault])),
  'asks-to-wait': '429(retry-after=1),ok',
  'asks-to-stop': '503(x-should-retry=false)',
  cooled: '404',
  'breaks-early': 'reset,ok',
  'breaks-late': 'stream-error',
};

// It refuses keys that are known or short.
const KEY = `sk-${randomBytes(24).toString('hex')}`;

/** Longer than any machine is too slow for. */
const COOLDOWN_S = 60;

/** With LiteLLM's own retries and cooldowns as they are by default. */
function proxyConfig(providerUrl: string) {
  const entry = (name: string, params: Record<string, unknown>) => {
    return { model_name: name, litellm_params: { model: `openai/${name}`, api_key: 'none', ...params } };
  };
  return {
    model_list: [
      ...Object.entries(MADE_UP).map(([name, params]) => entry(name, params)),
      ...Object.keys(SCRIPT).map((name) => entry(name, { api_base: `${providerUrl}/v1`, cooldown_time: COOLDOWN_S })),
    ],
    general_settings: { master_key: KEY },
  };
}

function config(proxyUrl: string) {
  const names = [...Object.keys(MADE_UP), ...Object.keys(SCRIPT), 'unknown-there'];
  return {
    model_list: names.map((name) => ({
      model_name: name,
      // The header turns LiteLLM's own retries off.
      litellm_params: { model: `openai/${name}`, extra_headers: { 'x-litellm-num-retries': '0' } },
    })),
    router_settings: {
      ...FAST,
      num_retries: 1,
      default_litellm_params: { api_base: proxyUrl, api_key: KEY },
      fallbacks: [{ limited: ['good'] }],
      context_window_fallbacks: [{ 'too-long': ['good'] }],
      content_policy_fallbacks: [{ refused: ['good'] }],
    },
  };
}

describe.skipIf(skipWithout('python-litellm'))("LiteLLM's proxy as the provider", () => {
  let holdfast: TestHoldfast;
  let proxy: LitellmProxy;
  beforeAll(async () => {
    const port = await freePort();
    holdfast = await openHoldfast(config(`http://127.0.0.1:${port}/v1`), SCRIPT);
    proxy = await startLitellmProxy(proxyConfig(holdfast.provider.url), port);
  }, PROXY_START_MS);
  afterAll(async () => {
    await proxy?.stop();
    await holdfast?.close();
  });

  const ask = (model: string, settings: object = {}): ChatCompletionRequest => {
    return { model, messages: [{ role: 'user', content: 'Which bird is this?' }], ...settings };
  };
  const failureOf = async (request: ChatCompletionRequest): Promise<CallError> => {
    const error: unknown = await holdfast.client.execute(request).catch((reason: unknown) => reason);
    if (!(error instanceof CallError)) throw error instanceof Error ? error : new Error('it did not fail');
    return error;
  };
  const NO_FALLBACKS = { disable_fallbacks: true };

  test.each([false, true])('it answers; streamed: %s', async (stream) => {
    const { response, report } = await holdfast.client.execute(ask('good', { stream }));
    expect(response).toMatchObject({
      choices: [{ message: { content: 'hello from LiteLLM' }, finish_reason: 'stop' }],
    });
    expect(report).toMatchObject({
      attempts: 1,
      ledger: { entries: [{ requestId: expect.stringMatching(/^[\da-f-]{36}$/) }] },
    });
  });

  test.each<[model: string, kind: ErrorKind, status: number, attempts: number]>([
    ['limited', 'RateLimitError', 429, 2],
    ['broken', 'InternalServerError', 500, 2],
    ['too-slow', 'Timeout', 408, 2],
    ['overloaded', 'InternalServerError', 529, 2],
    ['too-long', 'ContextWindowExceededError', 400, 1],
    ['refused', 'ContentPolicyViolationError', 400, 1],
    ['unknown-there', 'BadRequestError', 400, 1],
  ])('an error that it makes itself: %s is a %s', async (model, kind, status, attempts) => {
    const { report, ...failure } = await failureOf(ask(model, NO_FALLBACKS));
    expect({ kind: failure.kind, status: failure.status }).toEqual({ kind, status });
    expect(report).toMatchObject({ attempts, retries: attempts - 1 });
  });

  test('a parameter that its provider does not have', async () => {
    expect(await failureOf(ask('claude', { logit_bias: { 50256: -100 } }))).toMatchObject({
      kind: 'UnsupportedParamsError',
    });
  });

  test.each(HANDED_ON)('an error that it hands on: %s is a %s', async (fault, kind, status) => {
    const failure = await failureOf(ask(`does-${fault}`));
    expect({ kind: failure.kind, status: failure.status }).toEqual({ kind, status });
    const attempts = ERROR_KINDS[kind].retried === 'by default' ? 2 : 1;
    expect(failure.report).toMatchObject({ attempts, retries: attempts - 1 });
    // One attempt is one request to the provider behind it.
    expect(holdfast.provider.callCount(`does-${fault}`)).toBe(attempts);
    expect(JSON.stringify(failure.report)).not.toContain(KEY);
  });

  test('fallbacks, by what ended the group', async () => {
    for (const model of ['limited', 'too-long', 'refused']) {
      const { report } = await holdfast.client.execute(ask(model));
      expect(report).toMatchObject({ group: 'good', fallbacks: 1, attempts: model === 'limited' ? 3 : 2 });
    }
  });

  test('a Retry-After of the provider behind it is kept', async () => {
    const { report } = await holdfast.client.execute(ask('asks-to-wait'));
    const [first] = report.ledger.entries;
    expect(report.attempts).toBe(2);
    expect(first?.next).toMatchObject({
      action: 'retry',
      reason: expect.stringContaining('the provider asked for 1 s'),
    });
  });

  test('x-should-retry: false of the provider behind it stops the retries', async () => {
    const { kind, report } = await failureOf(ask('asks-to-stop'));
    expect({ kind, attempts: report?.attempts }).toEqual({ kind: 'ServiceUnavailableError', attempts: 1 });
  });

  test('it says how long its own cooldown lasts', async () => {
    // It cools the deployment when the answer is already on its way.
    const refusal = await waitFor(async () => {
      const failure = await failureOf(ask('cooled', { timeout: COOLDOWN_S / 2 }));
      return failure.kind === 'RateLimitError' ? failure : null;
    });
    const { next } = refusal.ledger.entries[0] ?? {};
    expect(next).toMatchObject({
      action: 'give up',
      reason: expect.stringMatching(/^a wait of .* would pass the deadline/),
    });
  });

  test('a stream that breaks before its first content is made again', async () => {
    const { report } = await holdfast.client.execute(ask('breaks-early', { stream: true }));
    expect(report).toMatchObject({ attempts: 2, retries: 1 });
  });

  test('a stream that breaks after it is not', async () => {
    const { report } = await failureOf(ask('breaks-late', { stream: true }));
    expect(report).toMatchObject({ attempts: 1, ledger: { entries: [{ kind: 'InvalidResponseError' }] } });
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type ChatCompletionRequest } from '../../src/client.js';
import { ConfigError, parseConfig } from '../../src/config/index.js';
import { historyText, withClient } from '../helpers/call-history.js';
import { readLines, writeBatch } from '../helpers/batch.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { configText, FAST, group, openHoldfast, PLANTED_KEY } from '../helpers/holdfast.js';
import { hostile, hostileObject, hostileOrKey, inHeader } from '../helpers/hostile.js';

/** What the provider answers to the next requests, byte by byte. */
interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const OK: Reply = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }] }),
};

let reply: Reply = OK;
let provider: Server;
let stage: TestGateway;
beforeAll(async () => {
  provider = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(reply.status, reply.headers);
      response.end(reply.body);
    });
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const apiBase = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  const models = [{ model: 'openai/any-up', api_base: apiBase }];
  const wild = [{ model: 'openai/*', api_base: apiBase }];
  const claude = [{ model: 'anthropic/*', api_base: apiBase }];
  stage = await openGateway(
    {
      model_list: [...group('any', models), ...group('x/*', wild), ...group('c/*', claude)],
      router_settings: { ...FAST, num_retries: 0, disable_cooldowns: true },
    },
    {},
    { allowAnybody: true },
  );
});
afterAll(async () => {
  await stage.close();
  provider.close();
});

const ask = (model: string, content = 'Which bird is this?'): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content }],
});

/** A worker that text ended answers nothing more. */
async function expectWorkerLives(): Promise<void> {
  reply = OK;
  await expect(stage.client.execute(ask('any'))).resolves.toMatchObject({ report: { attempts: 1 } });
}

/** JSON escapes halves of pairs, so that they come as they were written. */
const failing = (error: unknown): Reply => ({ status: 400, body: JSON.stringify({ error }) });

describe('half a surrogate pair', () => {
  const short = { message: 'bad \ud800 thing', type: '\udfff', code: '\ud800', param: '\ud800' };
  const repaired = 'bad \ufffd thing';

  test('in the error of a provider: the call ends with it, repaired', async () => {
    reply = failing(short);
    await expect(stage.client.execute(ask('any'))).rejects.toMatchObject({
      kind: 'BadRequestError',
      message: repaired,
      code: '\ufffd',
    });
    await expectWorkerLives();
  });

  test('in the error of a streamed call', async () => {
    reply = failing(short);
    const response = await stage.fetch('/v1/chat/completions', { json: { ...ask('any'), stream: true } });
    // What has not ended within a second has begun: then its error is an event.
    expect([200, 400]).toContain(response.status);
    expect(await response.text()).toContain(JSON.stringify(repaired));
    await expectWorkerLives();
  });

  test.each(['packed', 'workflow'] as const)('in the error of a row, in the mode %s', async (mode) => {
    reply = failing(short);
    const files = await writeBatch([{ customId: 'row-\ud800', model: 'any', prompt: 'half \ud800' }]);
    const batch = await stage.client.batches.submit({ input: files.input, output: files.output, mode });
    await batch.result();
    const [line] = await readLines(files.errorsFile);
    expect(line).toMatchObject({ custom_id: 'row-\ud800', error: { message: repaired } });
    await expectWorkerLives();
  });

  test('in the name of a model: the request is refused', async () => {
    await expect(stage.client.start(ask('x/\ud800'))).rejects.toMatchObject({ kind: 'BadRequestError' });
    const response = await stage.fetch('/v1/chat/completions', { json: ask('x/\ud800') });
    expect(response.status).toBe(400);
  });

  test('in the name of a model, past the client: the call ends, and the worker goes on', async () => {
    const outcome = await withClient((client) =>
      client.workflow
        .execute('llmCall', {
          args: [{ operation: 'chat.completions', request: ask('x/\ud800') }],
          taskQueue: stage.taskQueue,
          workflowId: `half-${Date.now()}`,
        })
        .catch((error: unknown) => ((error as Error).cause as { type: string }).type),
    );
    expect(outcome).toBe('BadRequestError');
    await expectWorkerLives();
  });

  test('in the name of the model of a row', async () => {
    const files = await writeBatch([{ customId: 'a', model: 'x/\ud800', prompt: 'q' }]);
    const submitted = stage.client.batches.submit({ input: files.input, output: files.output });
    await expect(submitted.then((batch) => batch.result())).rejects.toThrow('1 rows');
    await expectWorkerLives();
  });
});

const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
const anyReply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({
    status: fc.constantFrom(400, 404, 422, 500, 503),
    headers: fc.record({
      'x-request-id': inHeader,
      'x-ratelimit-limit-requests': inHeader,
      'retry-after': inHeader,
      'content-type': inHeader,
    }),
    body: fc.oneof(
      fc
        .record({ message: hostileOrKey, type: hostile, code: hostile, param: hostile, extra: hostileObject })
        .map((error) => JSON.stringify({ error })),
      hostileOrKey.map((text) => `<html><body>${text}</body></html>`),
      hostile.map((text) => JSON.stringify(text)),
      bytes,
    ),
  }),
  fc.record({
    status: fc.constant(200),
    headers: fc.record({ 'x-request-id': inHeader, 'x-ratelimit-limit-requests': inHeader, 'content-type': inHeader }),
    body: fc.oneof(
      hostile.map((content) => JSON.stringify({ choices: [{ message: { content } }], model: content })),
      hostile.map((text) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\ndata: [DONE]\n\n`),
      hostile.map((message) => JSON.stringify({ error: { message } })),
      bytes,
    ),
  }),
);

const anyRequest = fc
  .record(
    {
      model: fc.oneof(
        fc.constant('any'),
        hostile.map((text) => `x/${text}`),
        hostile,
      ),
      content: hostile,
      name: hostile,
      user: hostile,
      metadata: hostileObject,
      stream: fc.boolean(),
      fallbacks: fc.array(hostile, { maxLength: 2 }),
    },
    { requiredKeys: ['model', 'content'] },
  )
  .map(({ model, content, name, ...others }) => ({
    model,
    messages: [{ role: 'user', content, ...(name !== undefined && { name }) }],
    ...others,
  }));

/** Sends a request to its end, whatever that is, which the worker must live to see. Returns the id of its call, or nothing. */
async function survive(path: string, json: unknown, headers: Readonly<Record<string, string>>): Promise<string> {
  const response = await stage.fetch(path, { json, headers, signal: AbortSignal.timeout(120_000) });
  const text = await response.text();
  // The echo of an answer is the caller's; what we say of a failure has no secret.
  if (response.status >= 400) expect(text).not.toContain(PLANTED_KEY);
  expect(response.status).toBeLessThan(600);
  await expectWorkerLives();
  return response.headers.get('x-holdfast-workflow-id') ?? '';
}

test('hostile text anywhere, in requests, keys, answers, errors and headers: every call ends, and the worker lives', async () => {
  const callIds: string[] = [];
  await fc.assert(
    fc.asyncProperty(anyRequest, inHeader, anyReply, async (request, key, answer) => {
      reply = answer;
      const headers = { 'idempotency-key': `${callIds.length}${key.slice(0, 100)}`, 'x-request-id': key };
      callIds.push(await survive('/v1/chat/completions', request, headers));
    }),
    { numRuns: 60, seed: 11 },
  );
  expect(callIds.filter((id) => id !== '').length).toBeGreaterThan(20);
});

const event = (data: Readonly<Record<string, unknown>>) =>
  `event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`;

const anyMessageReply: fc.Arbitrary<Reply> = fc
  .tuple(fc.constantFrom(200, 400, 429, 500, 529), inHeader, hostileOrKey, hostile, fc.boolean())
  .map(([status, requestId, text, other, isStream]) => {
    const error = { type: 'error', error: { type: other, message: text, [other]: text }, request_id: text };
    const message = {
      type: 'message',
      id: other,
      role: 'assistant',
      model: other,
      content: [{ type: 'text', text: other }],
    };
    const usage = { input_tokens: 1, output_tokens: 1 };
    const events = [
      event({ type: 'message_start', message: { ...message, content: [], usage } }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: other } }),
      event(other.length % 2 === 0 ? error : { type: 'message_stop' }),
    ];
    const whole = { ...message, stop_reason: 'end_turn', stop_sequence: other, usage };
    return {
      status,
      headers: { 'request-id': requestId, 'content-type': isStream ? 'text/event-stream' : 'application/json' },
      body: status >= 400 ? JSON.stringify(error) : isStream ? events.join('') : JSON.stringify(whole),
    };
  });

test("so it is in Anthropic's form", async () => {
  const callIds: string[] = [];
  await fc.assert(
    fc.asyncProperty(anyRequest, inHeader, anyMessageReply, async (request, beta, answer) => {
      reply = answer;
      const json = { ...request, model: `c/${request.model}`, max_tokens: 5, system: request.model };
      callIds.push(await survive('/v1/messages', json, { 'anthropic-beta': beta, 'anthropic-version': '2023-06-01' }));
    }),
    { numRuns: 40, seed: 12 },
  );
  expect(callIds.filter((id) => id !== '').length).toBeGreaterThan(10);
});

test('hostile text in rows: every row is there once, and the worker lives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(hostile, { minLength: 3, maxLength: 5 }), anyReply, async (texts, answer) => {
      reply = answer;
      const rows = texts.map((text, index) => ({
        customId: `${index}${text.slice(0, 50)}`,
        model: 'any',
        prompt: text,
      }));
      const files = await writeBatch(rows);
      const batch = await stage.client.batches.submit({ input: files.input, output: files.output, mode: 'packed' });
      await batch.result();
      const lines = [...(await readLines(files.outputFile)), ...(await readLines(files.errorsFile))];
      expect(lines.map(({ custom_id: id }) => id).toSorted()).toEqual(rows.map(({ customId }) => customId).toSorted());
      await expectWorkerLives();
    }),
    { numRuns: 10, seed: 11 },
  );
});

test('hostile text in a config: it is refused, or its calls end', async () => {
  let opened = 0;
  const name = fc.oneof(
    hostile,
    hostile.map((text) => text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '-').slice(0, 80)),
  );
  await fc.assert(
    fc.asyncProperty(name, hostile, hostile, async (called, model, id) => {
      const [deployment] = group(called, [{ model: `openai/${model}` }]);
      const config = { model_list: [{ ...deployment, model_info: { id } }], router_settings: { num_retries: 0 } };
      try {
        parseConfig(configText(config, 'http://127.0.0.1:1'), { source: 'test', env: {} });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        return;
      }
      opened += 1;
      const its = await openHoldfast(config);
      const end = await its.client.execute(ask(called)).catch((error: unknown) => error);
      if (end instanceof Error) expect(end).toBeInstanceOf(CallError);
      await its.close();
    }),
    { numRuns: 20, seed: 11 },
  );
  expect(opened).toBeGreaterThan(3);
});

test('what a provider echoes of a key is in no history: its id of the request, base64, a page cut in the middle', async () => {
  const page = `<html>${' '.repeat(1990 - 6)}${PLANTED_KEY}</html>`;
  const inBase64 = Buffer.from(`key:${PLANTED_KEY}`).toString('base64');
  const replies: Reply[] = [
    { status: 500, headers: { 'x-request-id': `${'r'.repeat(90)}${PLANTED_KEY}` }, body: '{}' },
    { ...OK, headers: { ...OK.headers, 'x-request-id': `a-${PLANTED_KEY}` } },
    { status: 500, body: page },
    failing({ message: `sent ${inBase64}`, code: inBase64 }),
    failing({ message: `${'m'.repeat(9_990)}${PLANTED_KEY}` }),
  ];
  for (const each of replies) {
    reply = each;
    const handle = await stage.client.start(ask('any'));
    await handle.result().catch(() => undefined);
    const history = await historyText(handle.callId);
    for (const secret of [PLANTED_KEY, PLANTED_KEY.slice(0, 10), PLANTED_KEY.slice(-10), inBase64.slice(8, -4)]) {
      expect(history).not.toContain(secret);
    }
  }
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { messageEvent } from '../helpers/message-stream.js';
import { readEvents } from '../helpers/sse.js';

const NUMBER = '12345678901234567890';
interface InputDelta {
  readonly delta?: { readonly partial_json?: string };
}
/** A tool that is called with a large number. */
const BIG = [
  messageEvent('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', content: [] } }),
  messageEvent('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } }),
  ...['{"n": ', `${NUMBER}}`].map((partial_json) =>
    messageEvent('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json } }),
  ),
  messageEvent('content_block_stop', { index: 0 }),
  messageEvent('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } }),
  messageEvent('message_stop'),
].join('');

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway(
    {
      model_list: ['good', 'big'].flatMap((name) => group(name, [{ model: `anthropic/${name}-up` }])),
      router_settings: FAST,
    },
    { 'good-up': 'ok', 'big-up': [{ raw: BIG, headers: { 'content-type': 'text/event-stream' } }] },
  );
});
afterAll(() => gateway.close());

const body = (model: string, more: object = {}) => ({
  model,
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Count.' }],
  ...more,
});

const post = (json: unknown, headers: Record<string, string> = {}) => gateway.fetch('/v1/messages', { json, headers });

const AS_JSON = { 'content-type': 'application/json' };

describe('what clients may send', () => {
  const blocks = [
    { type: 'text', text: 'What is it?', cache_control: { type: 'ephemeral' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' }, citations: { enabled: true } },
  ];
  const tool = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { big: 2 ** 53, odd: null } };
  test.each<[what: string, more: object]>([
    ['a system prompt as a list', { system: [{ type: 'text', text: 'Be brief.' }] }],
    ['images and documents', { messages: [{ role: 'user', content: blocks }] }],
    [
      'tools, and what they gave',
      {
        tools: [
          { name: 'f', input_schema: { type: 'object' } },
          { type: 'web_search_20250305', name: 'web_search' },
        ],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
        messages: [
          { role: 'user', content: 'Go.' },
          { role: 'assistant', content: [tool] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [] }] },
        ],
      },
    ],
    ['thoughts', { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['content that is empty', { messages: [{ role: 'user', content: [] }] }],
    ['half a character', { messages: [{ role: 'user', content: 'a\ud83d b' }] }],
    ['fields that nobody knows', { new_field: { deep: [[[]]] }, service_tier: 'auto', mcp_servers: [] }],
    ['0 tokens', { max_tokens: 0 }],
  ])('%s: goes to the provider as it is', async (_what, more) => {
    const response = await post(body('good', more));
    expect(response.status).toBe(200);
    const { model: _, ...sent } = gateway.provider.requestsFor('good-up').at(-1)!.body as Record<string, unknown>;
    const { model: _model, ...asked } = JSON.parse(JSON.stringify(body('good', more))) as Record<string, unknown>;
    expect(sent).toEqual(asked);
  });

  test.each<[what: string, json: unknown, message: RegExp]>([
    ['no object', [], /expected/],
    ['no messages', { model: 'good', max_tokens: 1 }, /messages/],
    ['messages that are none', body('good', { messages: 'Hi' }), /messages/],
    ['an empty list of them', body('good', { messages: [] }), /messages/],
    ['content that is a number', body('good', { messages: [{ role: 'user', content: 3 }] }), /content/],
    ['a stream that is a text', body('good', { stream: 'yes' }), /stream/],
    ['a model that is a number', body('good', { model: 4 }), /model/],
    ['a key', body('good', { api_key: 'sk-ant-secret' }), /api_key/],
    ['a setting that is wrong', body('good', { num_retries: -1 }), /num_retries/],
  ])("what is wrong is said in Anthropic's form: %s", async (_what, json, message) => {
    const response = await post(json);
    expect(response.status).toBe(400);
    const answer = (await response.json()) as { type: string; error: { type: string; message: string } };
    expect(answer).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    expect(answer.error.message).toMatch(message);
    expect(answer.error.message).not.toContain('sk-ant-secret');
  });

  const nested = `${'['.repeat(2000)}${']'.repeat(2000)}`;
  test.each<[what: string, text: string, status: number, type: string]>([
    ['no JSON', '{"model": "good"', 400, 'invalid_request_error'],
    ['a key that none may have', '{"model":"good","__proto__":{"a":1}}', 400, 'invalid_request_error'],
    ['too deep', JSON.stringify(body('good')).replace('"Count."', nested), 400, 'invalid_request_error'],
    ['too large', JSON.stringify(body('good', { system: 'x'.repeat(3_000_000) })), 413, 'request_too_large'],
    ['nothing', '', 400, 'invalid_request_error'],
  ])("what cannot be read is refused in Anthropic's form: %s", async (_what, text, status, type) => {
    const response = await gateway.fetch('/v1/messages', { method: 'POST', body: text, headers: AS_JSON });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type }, request_id: expect.any(String) });
  });

  test('whole numbers of any size go unchanged both ways, also to a reader that comes back', async () => {
    const headers = { ...AS_JSON, 'idempotency-key': randomUUID() };
    const asked = JSON.stringify(body('big', { stream: true, metadata: { user_id: 'u' } })).replace('"u"', NUMBER);
    for (const _time of ['at first', 'again']) {
      const response = await gateway.fetch('/v1/messages', { method: 'POST', body: asked, headers });
      const { events } = await readEvents(response);
      const json = events.map(({ data }) => (JSON.parse(data) as InputDelta).delta?.partial_json ?? '').join('');
      expect(json.replaceAll(' ', '')).toBe(`{"n":${NUMBER}}`);
    }
    expect(gateway.provider.callCount('big-up')).toBe(1);
    expect(gateway.provider.requestsFor('big-up').at(-1)?.body).toMatchObject({
      metadata: { user_id: Number(NUMBER) },
    });
  });

  test('betas and versions, odd ones too, reach the provider', async () => {
    const headers = { 'anthropic-beta': 'unknown-2099-01-01,;=,x', 'anthropic-version': '2099-01-01' };
    await post(body('good'), headers);
    expect(gateway.provider.requestsFor('good-up').at(-1)?.headers).toMatchObject(headers);
  });
});

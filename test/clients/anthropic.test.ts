import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Script } from '../../src/mock-provider/index.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';

const PROGRAM = fileURLToPath(new URL('anthropic_client.py', import.meta.url));

const TOOL = { type: 'tool_use', id: 'toolu_1', name: 'count', input: { to: 3 } };

const TOOL_MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [TOOL],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 3 },
};

const sse = ['one ', 'two'];

const SCRIPT: Script = {
  'good-up': [{ sse }],
  // Longer silent than the interval of the pings.
  'slow-up': [{ sse, drip: [4, 0.4] }],
  'tools-up': [{ body: TOOL_MESSAGE }],
  'broken-up': [{ sse, then: 'error', error: '529', drip: [4, 0.2] }],
  'bad-up': '400',
  'busy-up': '429',
  'refusing-up': 'filter',
};

let gateway: TestGateway;
beforeAll(async () => {
  const names = ['good', 'slow', 'tools', 'broken', 'bad', 'busy', 'refusing'];
  gateway = await openGateway(
    {
      model_list: [
        ...names.flatMap((name) => group(name, [{ model: `anthropic/${name}-up` }])),
        ...group('chat', ['chat-up']),
      ],
      router_settings: { ...FAST, num_retries: 1, content_policy_fallbacks: [{ refusing: ['good'] }] },
      general_settings: { sse_keepalive_ping_interval_seconds: 0.1 },
    },
    SCRIPT,
  );
});
afterAll(() => gateway.close());

/** What either client gets of all groups. */
const EXPECTED = {
  text: 'one two',
  tokens: expect.any(Number),
  streams: {
    good: { text: 'one two', error: null },
    slow: { text: 'one two', error: null },
    broken: { text: expect.stringMatching(/^one/), error: expect.stringContaining('Overloaded') },
  },
  tools: ['tool_use', { to: 3 }],
  refusal: ['end_turn', 'one two'],
  errors: {
    bad: { class: 'BadRequestError', status: 400, type: 'invalid_request_error' },
    busy: { class: 'RateLimitError', status: 429, type: 'rate_limit_error' },
    chat: { class: 'NotFoundError', status: 404, type: 'not_found_error' },
  },
};

async function askByNode(): Promise<unknown> {
  const client = new Anthropic({ baseURL: gateway.url, apiKey: 'any' });
  const asked = (model: string) => ({
    model,
    max_tokens: 100,
    messages: [{ role: 'user' as const, content: 'Count.' }],
  });
  const ask = (model: string) => client.messages.create(asked(model));
  const textOf = ({ content: [block] }: Anthropic.Message) => (block?.type === 'text' ? block.text : block);
  const stream = async (model: string) => {
    let text = '';
    const events = client.messages.stream(asked(model)).on('text', (piece) => (text += piece));
    const error = await events.finalMessage().then(() => null, String);
    return { text, error };
  };
  const failure = async (model: string) => {
    const error: unknown = await ask(model).catch((caught: unknown) => caught);
    return error instanceof APIError
      ? { class: error.constructor.name, status: error.status as unknown, type: error.type }
      : error;
  };
  const [good, tools, refused] = [await ask('good'), await ask('tools'), await ask('refusing')];
  const [called] = tools.content;
  return {
    text: textOf(good),
    tokens: good.usage.output_tokens,
    streams: { good: await stream('good'), slow: await stream('slow'), broken: await stream('broken') },
    tools: [tools.stop_reason, called?.type === 'tool_use' ? called.input : called],
    refusal: [refused.stop_reason, textOf(refused)],
    errors: { bad: await failure('bad'), busy: await failure('busy'), chat: await failure('chat') },
  };
}

async function askByPython(): Promise<unknown> {
  const { stdout } = await promisify(execFile)(locate('python-anthropic') ?? '', [PROGRAM, gateway.url]);
  return JSON.parse(stdout);
}

describe("Anthropic's client", () => {
  async function check(ask: () => Promise<unknown>) {
    const before = gateway.provider.callCount('busy-up');
    expect(await ask()).toEqual(EXPECTED);
    // One retry of the call, and none of the client around it.
    expect(gateway.provider.callCount('busy-up') - before).toBe(2);
    expect(gateway.provider.callCount('chat-up')).toBe(0);
  }

  test('for Node: text, streams, tools, a refusal that moves on, and errors', () => check(askByNode));

  describe.skipIf(skipWithout('python-anthropic'))('for Python', () => {
    test('the same', () => check(askByPython));
  });
});

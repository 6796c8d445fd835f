import { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService } from '../../src/cli/start-service.js';
import type { Step } from '../../src/mock-provider/index.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { startApart } from '../helpers/start-apart.js';
import { TIMED } from '../helpers/timed.js';
import { FAULTS, WORDS } from './wire-faults.js';

const request = { model: 'broken', messages: [{ role: 'user' as const, content: 'Count.' }] };

describe.each([
  ['in one process', startService],
  ['apart', startApart],
])('gateway and worker %s', (_, start) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const config = {
      model_list: group('broken'),
      router_settings: { ...FAST, num_retries: 0, stream_idle_timeout: 3 },
    };
    gateway = await openGateway(config, {}, {}, start);
  });
  afterAll(() => gateway.close());

  const play = (step: Step) => {
    gateway.provider.setScript({ 'broken-up': [step] });
    const before = gateway.provider.callCount('broken-up');
    return { requests: () => gateway.provider.callCount('broken-up') - before };
  };

  /** What OpenAI's client makes of a stream. */
  const readWithSdk = async (settings: object) => {
    let text = '';
    const ends: unknown[] = [];
    try {
      const stream = await gateway.openai().chat.completions.create({ ...request, ...settings, stream: true });
      for await (const { choices } of stream) {
        text += choices[0]?.delta.content ?? '';
        if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason);
        if (text === WORDS.join('')) gateway.provider.release();
      }
    } catch (error) {
      return { text, ends, error };
    }
    return { text, ends, error: null };
  };

  const readRaw = async (settings: object) => {
    const response = await gateway.fetch('/v1/chat/completions', { json: { ...request, ...settings, stream: true } });
    if (response.status !== 200) return { text: '', errors: [await response.json()] };
    const { text, events } = await readEvents(response, ({ data }) => {
      if (data.includes(WORDS[1]!)) gateway.provider.release();
    });
    const last = events.at(-1);
    return { text, errors: [JSON.parse(last?.data ?? 'null') as unknown] };
  };

  describe.each(Object.entries(FAULTS))('%s', (_name, { streamed, plain, settings = {}, sent, kind }) => {
    test("as a stream, with OpenAI's client", TIMED, async () => {
      const { requests } = play(streamed);
      const { text, ends, error } = await readWithSdk(settings);
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ error: { kind } });
      expect(text).toBe(sent);
      expect(ends).toEqual([]);
      expect(requests()).toBe(1);
    });

    test('as a stream, on the wire', TIMED, async () => {
      const { requests } = play(streamed);
      const { text, errors } = await readRaw(settings);
      expect(errors).toMatchObject([{ error: { kind, message: expect.any(String) } }]);
      expect(text).not.toContain('data: [DONE]');
      expect(text).not.toContain('"finish_reason":"stop"');
      expect(requests()).toBe(1);
    });

    test("without a stream, with OpenAI's client and on the wire", TIMED, async () => {
      const { requests } = play(plain);
      const limited = { ...request, ...(kind === 'Timeout' && { timeout: 2 }) };
      const asked = gateway.openai().chat.completions.create(limited);
      await expect(asked).rejects.toBeInstanceOf(APIError);
      await expect(asked).rejects.toMatchObject({ error: { kind } });
      const response = await gateway.fetch('/v1/chat/completions', { json: limited });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.json()).toMatchObject({ error: { kind } });
      expect(requests()).toBe(2);
    });
  });
});

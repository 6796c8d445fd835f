import { randomUUID } from 'node:crypto';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { group, PLANTED_KEY } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage, type StagedGateway } from './environment.js';

const CONFIG = {
  model_list: [...group('slow'), ...group('late'), ...group('hangs-once')],
  router_settings: { num_retries: 1, max_retry_delay: 1 },
};
const SCRIPT = { 'slow-up': 'held', 'late-up': '503(retry-after=6),ok', 'hangs-once-up': 'hang,ok' };

const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Which bird is this?' }] });
const ANSWER = { choices: [{ message: { content: 'Echo: Which bird is this?' } }] };

describe('a gateway and its workers, killed during plain calls', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(CONFIG, SCRIPT);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const send = ({ url }: Pick<StagedGateway, 'url'>, model: string, key?: string) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify(request(model)),
    });
  const asked = async (model: string, times: number) =>
    waitFor(() => stage.provider.callCount(`${model}-up`) >= times, { what: `request ${times} for ${model}` });
  const countOf = (model: string): number => stage.provider.callCount(`${model}-up`);

  test('the gateway: without a key the client gets an error; with one, the answer is there afterwards, asked for once', async () => {
    const key = randomUUID();
    await stage.workHere();
    const first = await stage.startGateway('gateway');
    const plain = send(first, 'slow');
    const keyed = send(first, 'slow', key);
    // An error of both is expected, and must not be unhandled until it is looked at.
    const ends = Promise.allSettled([plain, keyed]);
    await asked('slow', 2);
    await first.process.kill();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);

    const second = await stage.serveHere('gateway', first);
    stage.provider.release();
    const response = await send(second, 'slow', key);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(ANSWER);
    expect(countOf('slow')).toBe(2);
  });

  test("the gateway: OpenAI's client comes back by itself, and gets the answer of the same call", async () => {
    await stage.workHere();
    const first = await stage.startGateway('gateway');
    const openai = new OpenAI({ baseURL: `${first.url}/v1`, apiKey: 'any', maxRetries: 20 });
    const headers = { 'Idempotency-Key': randomUUID() };
    const answer = openai.chat.completions.create(request('slow'), { headers });
    await asked('slow', 1);
    await first.process.kill();
    await stage.serveHere('gateway', first);
    stage.provider.release();
    expect(await answer).toMatchObject(ANSWER);
    expect(countOf('slow')).toBe(1);
  });

  test('gateway and worker in one process: the next one makes the lost attempt again', async () => {
    const key = randomUUID();
    const first = await stage.startGateway('serve');
    const keyed = Promise.allSettled([send(first, 'hangs-once', key)]);
    await asked('hangs-once', 1);
    await first.process.kill();
    expect((await keyed)[0].status).toBe('rejected');
    const second = await stage.serveHere('serve', first);
    const response = await send(second, 'hangs-once', key);
    expect(await response.json()).toMatchObject(ANSWER);
    expect(response.headers.get('x-litellm-attempted-retries')).toBe('0');
    expect(countOf('hangs-once')).toBe(2);
  });

  test('a worker: the client waits, and gets the answer that another one fetched', async () => {
    const worker = await stage.startWorker();
    const gateway = await stage.serveHere('gateway');
    const answers = [send(gateway, 'hangs-once'), send(gateway, 'late', randomUUID())];
    await asked('hangs-once', 1);
    await asked('late', 1);
    await worker.kill();
    await stage.workHere();
    for (const response of await Promise.all(answers)) {
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject(ANSWER);
    }
  });

  test('SIGTERM: what is under way is answered, and the process ends with 0', async () => {
    const gateway = await stage.startGateway('serve');
    const answer = send(gateway, 'slow');
    await asked('slow', 1);
    const ended = gateway.process.end('SIGTERM');
    await gateway.process.said('holdfast: stopping; calls in flight have');
    stage.provider.release();
    expect((await answer).status).toBe(200);
    expect(await ended).toBe(0);
    expect(gateway.process.output()).not.toContain(PLANTED_KEY);
  });
});

import { randomUUID } from 'node:crypto';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage, type StagedGateway } from './environment.js';

const WORDS = ['One ', 'two ', 'three.'];
const TEXT = WORDS.join('');
/** A group for each test: a call that another test left to the worker is not counted. */
const HELD = ['held', 'held-gateway-key', 'held-gateway', 'held-worker-key', 'held-worker'];
const CONFIG = {
  model_list: [...HELD.flatMap((name) => group(name)), ...group('silent')],
  router_settings: { num_retries: 0 },
};
const SCRIPT = {
  ...Object.fromEntries(HELD.map((name) => [`${name}-up`, [{ sse: WORDS, hold: true as const }]])),
  'silent-up': [{ hang: true as const }, { sse: WORDS }],
};

const request = (model: string) => ({
  model,
  stream: true as const,
  messages: [{ role: 'user' as const, content: 'Count.' }],
});

describe('streams whose processes are killed', TIMED, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(CONFIG, SCRIPT);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const sdk = ({ url }: Pick<StagedGateway, 'url'>) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

  /** Reads a stream to whatever its end is; `seen` resolves when its text was seen. */
  const open = (gateway: Pick<StagedGateway, 'url'>, model: string, headers: Record<string, string> = {}) => {
    const soFar = { text: '', ends: 0 };
    const read = async () => {
      const stream = await sdk(gateway).chat.completions.create(request(model), { headers });
      for await (const { choices } of stream) {
        soFar.text += choices[0]?.delta.content ?? '';
        if (choices[0]?.finish_reason) soFar.ends += 1;
      }
    };
    const ended = read().then(
      () => ({ ...soFar, error: null }),
      (error: unknown) => ({ ...soFar, error }),
    );
    const seen = () => waitFor(() => soFar.text === TEXT, { what: 'the text of the stream' });
    return { seen, ended };
  };

  const requests = (model: string) => stage.provider.callCount(`${model}-up`);
  const asked = (model: string, times: number) =>
    waitFor(() => requests(model) >= times, { what: `request ${times} for ${model}`, timeoutMs: 120_000 });

  interface Started {
    readonly gateway: Pick<StagedGateway, 'url'>;
    readonly kill: () => Promise<void>;
  }
  const gatewayToKill = async (): Promise<Started> => {
    await stage.workHere();
    const gateway = await stage.startGateway('gateway');
    return { gateway, kill: () => gateway.process.kill() };
  };
  const workerToKill = async (): Promise<Started> => {
    const worker = await stage.startWorker();
    return { gateway: await stage.serveHere('gateway'), kill: () => worker.kill() };
  };
  const another = async () => {
    await stage.workHere();
    return stage.serveHere('gateway');
  };

  // Who loses the gateway loses the connection. An attempt that is lost with its worker is made again.
  describe.each([
    ['gateway', gatewayToKill, 1],
    ['worker', workerToKill, 2],
  ] as const)('the %s, apart', (who, begin, attempts) => {
    test('with a key: the answer is there afterwards, as a stream, and made no more often than it must be', async () => {
      const model = `held-${who}-key`;
      const { gateway, kill } = await begin();
      const headers = { 'Idempotency-Key': randomUUID() };
      const first = open(gateway, model, headers);
      await first.seen();
      await kill();
      const again = open(await another(), model, headers);
      await asked(model, attempts);
      stage.provider.release();
      expect(await first.ended).toMatchObject({ text: TEXT, ends: 0, error: expect.any(Error) });
      expect(await again.ended).toEqual({ text: TEXT, ends: 1, error: null });
      expect(requests(model)).toBe(attempts);
    });

    test('without a key: the client gets an error', async () => {
      const model = `held-${who}`;
      const { gateway, kill } = await begin();
      const first = open(gateway, model);
      await first.seen();
      await kill();
      await another();
      await asked(model, attempts);
      stage.provider.release();
      expect(await first.ended).toMatchObject({ text: TEXT, ends: 0, error: expect.any(Error) });
    });
  });

  test('the worker, before the first content: another one begins, and the client sees nothing of it', async () => {
    const { gateway, kill } = await workerToKill();
    const first = open(gateway, 'silent');
    await asked('silent', 1);
    await kill();
    await stage.workHere();
    expect(await first.ended).toEqual({ text: TEXT, ends: 1, error: null });
    expect(requests('silent')).toBe(2);
  });

  test('serve, which is both: with a key the answer is there afterwards', async () => {
    const gateway = await stage.startGateway('serve');
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = open(gateway, 'held', headers);
    await first.seen();
    await gateway.process.kill();
    expect(await first.ended).toMatchObject({ ends: 0, error: expect.any(Error) });
    const next = await stage.serveHere('serve');
    const again = open(next, 'held', headers);
    await asked('held', 2);
    stage.provider.release();
    expect(await again.ended).toEqual({ text: TEXT, ends: 1, error: null });
  });
});

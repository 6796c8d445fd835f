import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { group } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage, type StagedGateway } from './environment.js';

const WORDS = ['One ', 'two ', 'three.'];
const TEXT = WORDS.join('');
const CONFIG = {
  model_list: [...group('held'), ...group('silent')],
  router_settings: { num_retries: 0 },
};
const SCRIPT = {
  'held-up': [{ sse: WORDS, hold: true as const }],
  'silent-up': [{ hang: true as const }, { sse: WORDS }],
};

const request = (model: string) => ({
  model,
  stream: true as const,
  messages: [{ role: 'user' as const, content: 'Count.' }],
});

describe.skipIf(skipWithout('temporal-cli'))('streams whose processes are killed', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(inject('temporalCli')!, CONFIG, SCRIPT);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const sdk = ({ url }: StagedGateway) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

  /** Reads a stream to whatever its end is; `seen` resolves when its text was seen. */
  const open = (gateway: StagedGateway, model: string, headers: Record<string, string> = {}) => {
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

  // Who loses the gateway loses the connection. An attempt that is lost with its worker is made again.
  describe.each<[who: string, kill: (processes: Started) => Promise<void>, attempts: number]>([
    ['gateway', async ({ gateway }) => gateway.process.kill(), 1],
    ['worker', async ({ worker }) => worker.kill(), 2],
  ])('the %s, apart', (who, kill, attempts) => {
    test('with a key: the answer is there afterwards, as a stream, and made no more often than it must be', async () => {
      const started = await startApart();
      const headers = { 'Idempotency-Key': `${who}-killed` };
      const first = open(started.gateway, 'held', headers);
      await first.seen();
      await kill(started);
      const next = await startApart();
      const again = open(next.gateway, 'held', headers);
      await asked('held', attempts);
      stage.provider.release();
      expect(await first.ended).toMatchObject({ text: TEXT, ends: 0, error: expect.any(Error) });
      expect(await again.ended).toEqual({ text: TEXT, ends: 1, error: null });
      expect(requests('held')).toBe(attempts);
    });

    test('without a key: the client gets an error', async () => {
      const started = await startApart();
      const first = open(started.gateway, 'held');
      await first.seen();
      await kill(started);
      await startApart();
      await asked('held', attempts);
      stage.provider.release();
      expect(await first.ended).toMatchObject({ text: TEXT, ends: 0, error: expect.any(Error) });
    });
  });

  test('the worker, before the first content: another one begins, and the client sees nothing of it', async () => {
    const started = await startApart();
    const first = open(started.gateway, 'silent');
    await asked('silent', 1);
    await started.worker.kill();
    await stage.startWorker();
    expect(await first.ended).toEqual({ text: TEXT, ends: 1, error: null });
    expect(requests('silent')).toBe(2);
  });

  test('serve, which is both: with a key the answer is there afterwards', async () => {
    const gateway = await stage.startGateway('serve');
    const headers = { 'Idempotency-Key': 'serve-killed' };
    const first = open(gateway, 'held', headers);
    await first.seen();
    await gateway.process.kill();
    expect(await first.ended).toMatchObject({ ends: 0, error: expect.any(Error) });
    const next = await stage.startGateway('serve');
    const again = open(next, 'held', headers);
    await asked('held', 2);
    stage.provider.release();
    expect(await again.ended).toEqual({ text: TEXT, ends: 1, error: null });
  });

  test.each(['serve', 'gateway'] as const)(
    'the Temporal server, while %s streams: the stream comes to its end',
    async (command) => {
      const gateway = await stage.startGateway(command);
      if (command === 'gateway') await stage.startWorker();
      const first = open(gateway, 'held');
      await first.seen();
      await stage.server().kill();
      stage.provider.release();
      await stage.restartServer();
      expect(await first.ended).toEqual({ text: TEXT, ends: 1, error: null });
    },
  );

  interface Started {
    readonly gateway: StagedGateway;
    readonly worker: Awaited<ReturnType<Stage['startWorker']>>;
  }

  async function startApart(): Promise<Started> {
    const [gateway, worker] = await Promise.all([stage.startGateway('gateway'), stage.startWorker()]);
    return { gateway, worker };
  }
});

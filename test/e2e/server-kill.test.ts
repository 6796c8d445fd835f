import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { group, PLANTED_KEY } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStageWithServer, type StagedGateway, type StageWithServer } from './environment.js';

const WORDS = ['One ', 'two ', 'three.'];
const CONFIG = {
  model_list: [
    ...group('waits'),
    ...group('late'),
    ...group('slow'),
    ...group('streams'),
    ...group('bad-key', ['auth']),
  ],
  router_settings: { num_retries: 0, max_retry_delay: 1, retry_policy: { RateLimitErrorRetries: 1 } },
};
const SCRIPT = {
  'waits-up': '429(retry-after=4),ok',
  'late-up': '429(retry-after=6),ok',
  'slow-up': 'held',
  'streams-up': [{ sse: WORDS, hold: true as const }],
};

const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Which bird is this?' }] });
const ANSWER = { choices: [{ message: { content: 'Echo: Which bird is this?' } }] };

describe.skipIf(skipWithout('temporal-cli'))('the Temporal server, killed and started again on its file', TIMED, () => {
  let stage: StageWithServer;
  beforeAll(async () => {
    stage = await openStageWithServer(CONFIG, SCRIPT);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const asked = (model: string, times = 1) =>
    waitFor(() => stage.provider.callCount(`${model}-up`) >= times, { what: `request ${times} for ${model}` });
  const send = ({ url }: Pick<StagedGateway, 'url'>, model: string, key?: string) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify(request(model)),
    });

  test('calls in flight and calls that wait go on', async () => {
    await stage.workHere();
    const waits = await stage.client.start(request('waits'));
    await waitFor(async () => (await waits.inspect()).pending?.state === 'waiting', { what: 'the call to wait' });
    const slow = await stage.client.start(request('slow'));
    await asked('slow');
    await stage.server().kill();
    stage.provider.release();
    await stage.restartServer();
    // Asked once more, if Temporal lost the attempt.
    stage.provider.setScript({ ...SCRIPT, 'waits-up': 'ok', 'slow-up': 'ok' });
    const [first, second] = await Promise.all([waits.result(), slow.result()]);
    expect(first.report.ledger.entries).toMatchObject([{ kind: 'RateLimitError' }, { outcome: 'answered' }]);
    expect(second.report.ledger.entries.at(-1)).toMatchObject({ outcome: 'answered' });
    expect(stage.provider.callCount()).toBeLessThanOrEqual(3 + 1);
  });

  test('the client of a gateway waits, and gets the answer when it is back', async () => {
    const gateway = await stage.startGateway('serve');
    const answers = [send(gateway, 'late'), send(gateway, 'late', randomUUID())];
    await asked('late', 2);
    await stage.server().kill();
    await stage.restartServer();
    for (const response of await Promise.all(answers)) {
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject(ANSWER);
    }
  });

  test('with the gateway and its worker: with a key, the answer is there afterwards', async () => {
    const key = randomUUID();
    const first = await stage.startGateway('serve');
    const keyed = Promise.allSettled([send(first, 'late', key)]);
    await asked('late');
    await first.process.kill();
    await stage.server().kill();
    expect((await keyed)[0].status).toBe('rejected');
    await stage.restartServer();
    const second = await stage.serveHere('serve', first);
    const response = await send(second, 'late', key);
    expect(await response.json()).toMatchObject(ANSWER);
  });

  test.each(['serve', 'gateway'] as const)('while %s streams: the stream comes to its end', async (command) => {
    const { url } = await stage.serveHere(command);
    if (command === 'gateway') await stage.workHere();
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
    const stream = await openai.chat.completions.create({ ...request('streams'), stream: true });
    const seen = { text: '', ends: 0 };
    const read = async () => {
      for await (const { choices } of stream) {
        seen.text += choices[0]?.delta.content ?? '';
        if (choices[0]?.finish_reason) seen.ends += 1;
      }
      return seen;
    };
    const ended = read();
    await waitFor(() => seen.text === WORDS.join(''), { what: 'the text of the stream' });
    await stage.server().kill();
    stage.provider.release();
    await stage.restartServer();
    expect(await ended).toEqual({ text: WORDS.join(''), ends: 1 });
  });

  test('no key is in its database or in any log', async () => {
    const worker = await stage.startWorker();
    await expect(stage.client.execute(request('bad-key'))).rejects.toMatchObject({ kind: 'AuthenticationError' });
    await worker.end('SIGTERM');
    await stage.server().stop();
    const files = await readdir(stage.folder);
    expect(files).toEqual(
      expect.arrayContaining(['temporal.db', 'server.log', expect.stringMatching(/^worker-\d+\.log$/)]),
    );
    for (const file of files.filter((name) => name !== 'holdfast.yaml')) {
      const bytes = await readFile(join(stage.folder, file));
      for (const secret of [PLANTED_KEY, PLANTED_KEY.slice(0, 10), PLANTED_KEY.slice(-8), 'Bearer ']) {
        expect(bytes.includes(secret), `${file} contains ${secret}`).toBe(false);
      }
    }
    await stage.restartServer();
  });
});

import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCodecServer } from '../../src/codec-server/codec-server.js';
import type { Listening } from '../../src/listen.js';
import type { KeyRing } from '../../src/encryption/key-ring.js';
import type { Script } from '../../src/mock-provider/index.js';
import { runCli } from '../cli/run-cli.js';
import { batchText, testRows } from '../helpers/batch.js';
import { testKey, testRing } from '../helpers/encryption.js';
import { configText, FAST, group, PLANTED_KEY } from '../helpers/holdfast.js';
import { batchEnd, createBatch, fileLines } from '../helpers/openai-batches.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { openUiStage, PAGES, type UiStage } from './ui-stage.js';

const PROMPT = 'planted-prompt';
const ANSWER = 'planted-answer';
const REFUSAL = 'planted-refusal';
const PLANTED = [PROMPT, ANSWER, REFUSAL, PLANTED_KEY, testKey('one').key];

const CONFIG = {
  model_list: [...group('good'), ...group('bad'), ...group('waits')],
  router_settings: { ...FAST, num_retries: 1 },
  encryption: { keys: [testKey('one')] },
};

const refusing = (status: number, headers = {}) => ({ status, headers, body: { error: { message: REFUSAL } } });

const SCRIPT: Script = {
  'good-up': [refusing(500), { content: ANSWER }],
  'bad-up': [refusing(400)],
  'waits-up': [refusing(429, { 'retry-after': '600' })],
};

const TOKEN = 'a-token-of-the-tests';

describe.skipIf(skipWithout('chromium', 'temporal-cli'))('with encryption', PAGES, () => {
  let stage: UiStage;
  let codec: Listening;
  let served: { worker: RunningCli; gateway: RunningCli };
  beforeAll(async () => {
    stage = await openUiStage(CONFIG, SCRIPT);
    const keys = testRing('one') as KeyRing;
    const uiOrigin = new URL(stage.uiUrl).origin;
    codec = await startCodecServer({ keys, namespace: 'default', host: '127.0.0.1', port: 0, uiOrigin, token: TOKEN });
    await (await start('answered', 'good')).result();
    const failing = await start('failed', 'bad');
    await expect(failing.result()).rejects.toThrow(REFUSAL);
    const waiting = await start('waiting', 'waits');
    await waitFor(async () => (await waiting.describe()).pending?.state === 'waiting');
    const [input, output] = [join(stage.folder, 'rows.jsonl'), join(stage.folder, 'out')];
    const rows = testRows(4, ['good', 'bad']).map((row) => ({ ...row, prompt: PROMPT }));
    await writeFile(input, batchText(rows));
    await (await stage.client.batches.submit({ input, output, mode: 'packed' })).result();
    served = await serve();
    const [, url = ''] = / serves (http\S+)\/v1 /.exec(served.gateway.output()) ?? [];
    await useGateway(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }));
    for (const command of ['list', 'keys rotate --dry-run']) {
      const args = [...command.split(' '), '--address', stage.address];
      const { code, stdout, stderr } = await runCli(args, { cwd: join(stage.folder, 'payloads') });
      expect(code, `${command}: ${stderr}`).toBe(0);
      await appendFile(join(stage.folder, 'commands.log'), stdout + stderr);
    }
  }, PAGES.timeout);
  afterAll(async () => {
    await Promise.all([served.gateway.end('SIGTERM'), served.worker.end('SIGTERM')]);
    await codec.close();
    await stage.close();
  });

  const start = (idempotencyKey: string, model: string) =>
    stage.client.start(
      { model, messages: [{ role: 'user', content: PROMPT }], metadata: { note: PROMPT } },
      { idempotencyKey },
    );

  /** A worker and a gateway, each a process, which keep files and large payloads in the folder; keys come from their environment. */
  async function serve(): Promise<{ worker: RunningCli; gateway: RunningCli }> {
    const { folder, address, provider } = stage;
    const external_storage = { location: join(folder, 'payloads') };
    const text = configText({ ...CONFIG, external_storage }, provider.url)
      .replaceAll(PLANTED_KEY, 'os.environ/PROVIDER_KEY')
      .replaceAll(testKey('one').key, 'os.environ/KEY_ONE');
    const config = join(folder, 'holdfast.yaml');
    await writeFile(config, text);
    const at = ['--config', config, '--address', address, '--task-queue', 'served'];
    const env = { LOG_LEVEL: 'debug', PROVIDER_KEY: PLANTED_KEY, KEY_ONE: testKey('one').key };
    const started = (command: string, ...more: string[]) =>
      startCli([command, ...at, ...more], { env, logFile: join(folder, `${command}.log`) });
    const worker = started('worker');
    const gateway = started('gateway', '--port', '0', '--files', join(folder, 'files'));
    await Promise.all([worker.said('polls task queue'), gateway.said(/ serves http\S+/)]);
    return { worker, gateway };
  }

  /** An answer to a large prompt, a refusal, and a batch with a large row. */
  async function useGateway(openai: OpenAI): Promise<void> {
    const large = `${PROMPT} `.repeat(20_000);
    const ask = (model: string, content: string) =>
      openai.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    await ask('good', large);
    await expect(ask('bad', PROMPT)).rejects.toThrow(REFUSAL);
    const rows = testRows(2, ['good', 'bad']).map((row) => ({ ...row, prompt: large }));
    const batch = await batchEnd(openai, await createBatch(openai, batchText(rows)));
    expect(batch.request_counts).toMatchObject({ completed: 1, failed: 1 });
    expect(JSON.stringify(await fileLines(openai, batch.output_file_id!))).toContain(ANSWER);
  }

  test('nothing of prompts, answers, messages and keys is in the database, in storage, in the parts of batches, in files of a gateway, and in logs', async () => {
    const names = await readdir(stage.folder, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const found: Record<string, string[]> = {};
    for (const file of files) {
      const bytes = await readFile(file);
      const hits = PLANTED.filter((planted) => bytes.includes(planted));
      if (hits.length > 0) found[file.slice(stage.folder.length + 1)] = hits;
    }
    // The user's own files have their own texts.
    expect(found).toEqual({
      'rows.jsonl': [PROMPT],
      'out/output.jsonl': [ANSWER],
      'out/errors.jsonl': [REFUSAL],
    });
    expect(files.some((file) => file.endsWith('temporal.db'))).toBe(true);
    for (const place of ['/parts/', '/payloads/', '/files/', 'worker.log', 'gateway.log', 'commands.log']) {
      expect(files.filter((file) => file.includes(place)).length, place).toBeGreaterThan(0);
    }
  });

  test('the UI shows ciphertext, and with the codec server what was asked and answered, and each attempt', async () => {
    await stage.openWorkflow('answered', 'History');
    await stage.visible('Workflow Execution Completed');
    expect(await stage.page.content()).not.toContain('planted');

    const settings = { endpoint: `${codec.url}/${TOKEN}`, overrideRemoteCodecConfiguration: true };
    for (const [name, value] of Object.entries(settings)) {
      await stage.page.evaluate(`localStorage.setItem('${name}', ${JSON.stringify(JSON.stringify(value))})`);
    }
    // The UI reads them when it is loaded.
    await stage.page.reload();
    await stage.openWorkflow('answered', 'History');
    await stage.visible(new RegExp(PROMPT), '{"response":');
    await stage.openWorkflow('answered', 'User Metadata');
    const rows = await stage.detailRows('InternalServerError');
    expect(rows.map((cells) => cells.join(' ')).join('\n')).toContain(REFUSAL);
  });
});

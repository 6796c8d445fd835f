import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCodecServer } from '../../src/codec-server/codec-server.js';
import type { Listening } from '../../src/listen.js';
import type { KeyRing } from '../../src/encryption/key-ring.js';
import type { Script } from '../../src/mock-provider/index.js';
import { batchText, testRows } from '../helpers/batch.js';
import { testKey, testRing } from '../helpers/encryption.js';
import { FAST, group, PLANTED_KEY } from '../helpers/holdfast.js';
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
  }, PAGES.timeout);
  afterAll(async () => {
    await codec.close();
    await stage.close();
  });

  const start = (idempotencyKey: string, model: string) =>
    stage.client.start(
      { model, messages: [{ role: 'user', content: PROMPT }], metadata: { note: PROMPT } },
      { idempotencyKey },
    );

  test('nothing of prompts, answers, messages and keys is in the database and in the parts of batches', async () => {
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
    expect(files.some((file) => file.includes('/parts/'))).toBe(true);
  });

  test('the UI shows ciphertext, and with the codec server what was asked and answered, and each attempt', async () => {
    await stage.openWorkflow('answered', 'History');
    await stage.visible('Workflow Execution Completed');
    expect(await stage.page.content()).not.toContain('planted');

    const settings = { endpoint: `${codec.url}/${TOKEN}`, overrideRemoteCodecConfiguration: true };
    for (const [name, value] of Object.entries(settings)) {
      await stage.page.evaluate(`localStorage.setItem('${name}', ${JSON.stringify(JSON.stringify(value))})`);
    }
    await stage.openWorkflow('answered', 'History');
    await stage.visible(new RegExp(PROMPT), '{"response":');
    await stage.openWorkflow('answered', 'User Metadata');
    const rows = await stage.detailRows('InternalServerError');
    expect(rows.map((cells) => cells.join(' ')).join('\n')).toContain(REFUSAL);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionLike } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/index.js';
import { HoldfastPlugin } from '../../src/plugin.js';
import { configText, group } from '../helpers/holdfast.js';

const TURNS = 200;

/** What else each call leaves in the history of its workflow: its events, with the answer and the report. */
const BESIDE_BYTES = 6_000;

test.each([
  ['a sentence and its answer', 160],
  ['as much as stays below what other payloads may have', 640],
  ['the output of a tool', 1_600],
])('an agent of 200 turns stays below 10 MB of history, each of them %s', async (_what, bytesOfTurn) => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-conversation-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const yaml = configText({ model_list: group('good'), external_storage: { location: folder } }, 'http://127.0.0.1:1');
  const plugin = new HoldfastPlugin({ config: parseConfig(yaml, { source: 'test', env: {} }) });
  const workflowService = { describeNamespace: async () => ({ namespaceInfo: { id: 'an-id' } }) };
  const connection = { workflowService } as unknown as ConnectionLike;
  const { dataConverter } = plugin.configureClient({ namespace: 'default', connection });
  const encode = async (value: unknown): Promise<Payload[]> => {
    let payloads = [defaultPayloadConverter.toPayload(value)];
    const context = { type: 'workflow' as const, namespace: 'default', workflowId: 'call' };
    for (const codec of dataConverter?.payloadCodecs ?? []) payloads = await codec.encode(payloads, context);
    return payloads;
  };
  const messages: { role: string; content: string }[] = [];
  let bytes = 0;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const words = Array.from(
      { length: bytesOfTurn / 16 },
      (_, index) => `${turn}-${(index * 7919 * (turn + 1)) % 99991}`,
    );
    messages.push({ role: 'user', content: words.join(' ').padEnd(bytesOfTurn, '.') });
    const payloads = await encode({ operation: 'chat.completions', request: { model: 'good', messages } });
    bytes += BESIDE_BYTES + payloads.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  }
  expect(bytes).toBeLessThan(10e6);
});

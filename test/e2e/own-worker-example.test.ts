import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { startMockProvider } from '../../src/mock-provider/index.js';

const example = (file: string) => fileURLToPath(new URL(`../../examples/own-worker/${file}`, import.meta.url));

const called = { id: 'one', type: 'function', function: { name: 'lookUp', arguments: '{"bird":"kingfisher"}' } };
const message = { role: 'assistant', content: null, tool_calls: [called] };
const SCRIPT = {
  'gpt-4o-mini': [
    { body: { id: 'one', object: 'chat.completion', choices: [{ index: 0, finish_reason: 'tool_calls', message }] } },
    { content: 'At rivers.' },
  ],
};

test('an agent on a worker of its own', async () => {
  await using provider = await startMockProvider({ script: SCRIPT });
  const env = {
    ...process.env,
    TEMPORAL_DEBUG: undefined,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: `birds-${randomUUID()}`,
    OPENAI_BASE_URL: `${provider.url}/v1`,
    OPENAI_API_KEY: 'not-needed',
  };
  const { stdout } = await promisify(execFile)(process.execPath, [example('main.mjs')], { env });
  expect(stdout).toContain('answer: At rivers.');
  expect(provider.callCount()).toBe(2);
  expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain('The kingfisher lives at rivers.');
});

test('a unit test with the fake client', async () => {
  const args = ['--test', '--test-reporter=tap', example('name-bird.test.mjs')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('# pass 2');
});

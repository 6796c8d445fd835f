import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAST, group } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { openStage, type Stage } from './environment.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/clients', import.meta.url));

describe('the examples, with a gateway of their own', () => {
  let stage: Stage;
  let url: string;

  beforeAll(async () => {
    const config = { model_list: group('fast', ['ok']), router_settings: FAST };
    stage = await openStage(config);
    const files = join(stage.folder, 'files');
    ({ url } = await stage.startGateway('serve', ['--port', '0', '--files', files]));
  }, 300_000);
  afterAll(() => stage.close());

  const run = async (program: string, file: string): Promise<string> => {
    const env = { ...process.env, OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'any' };
    const { stdout } = await promisify(execFile)(program, [join(EXAMPLES, file)], { env });
    return stdout;
  };

  const expectBatch = (output: string) => {
    expect(output).toContain('batch: completed');
    for (const word of ['one', 'two', 'three']) expect(output).toContain(`Echo: Say ${word}`);
  };

  test('Node', async () => {
    const output = await run(process.execPath, 'node.mjs');
    expect(output).toContain('answer: Echo: Say hello');
    expect(output).toContain('stream: Echo: Count');
    expectBatch(output);
  }, 300_000);

  test('LangChain', async () => {
    const output = await run(process.execPath, 'langchain.mjs');
    expect(output).toContain('answer: Echo: Say hello');
    expect(output).toContain('stream: Echo: Count');
  }, 300_000);

  test.skipIf(skipWithout('python-openai'))(
    'Python',
    async () => {
      const output = await run(locate('python-openai') ?? '', 'python.py');
      expect(output).toContain('answer: Echo: Say hello');
      expect(output).toContain('stream: Echo: Count');
      expectBatch(output);
    },
    120_000,
  );

  test.skipIf(skipWithout('curl'))(
    'curl',
    async () => {
      const output = await run('bash', 'curl.sh');
      expect(output).toContain('"content":"Echo: Say hello"');
      expect(output).toMatch(/stream:\n(.*\n)*data: \[DONE\]/);
      expectBatch(output);
    },
    120_000,
  );
});

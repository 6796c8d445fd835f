import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestGateway } from '../helpers/gateway.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { BROKEN, openForClients, TEXT } from './scripted.js';

const PROGRAM = fileURLToPath(new URL('python_clients.py', import.meta.url));

describe.skipIf(skipWithout('python-clients'))('libraries for Python', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await openForClients();
  });
  afterAll(() => gateway.close());

  test.each([
    ['langchain', 1000],
    ['llama-index', 100],
  ])('%s: text, streams, tools, embeddings, errors', async (name, textsAtOnce) => {
    const before = gateway.provider.callCount('down-up');
    const { stdout } = await promisify(execFile)(locate('python-clients') ?? '', [PROGRAM, gateway.url, name]);
    expect(JSON.parse(stdout)).toEqual({
      text: TEXT,
      streams: {
        text: { text: TEXT, error: null },
        slow: { text: TEXT, error: null },
        broken: { text: 'one ', error: expect.stringContaining(BROKEN) },
      },
      tools: { to: 3 },
      embeddings: 3,
      'many embeddings': Array<number>(textsAtOnce).fill(3072),
      down: true,
    });
    // One retry of the call, and none of the client around it.
    expect(gateway.provider.callCount('down-up') - before).toBe(2);
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { createCallProvider } from '../../src/providers/call-provider.js';
import { buildRequest } from './build-request.js';

const MB = 1024 * 1024;

/** What is held, garbage left out. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times++) {
    collectGarbage();
    await pause(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('a request that waits for its answer holds neither its JSON nor the bytes of that', async () => {
  const server = createServer((request) => request.resume().once('end', () => server.emit('asked')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const body = { messages: [{ role: 'user', content: Buffer.alloc(20 * MB, 'x').toString('latin1') }] };
  const interrupt = new AbortController();
  const before = await heldBytes();
  const asked = once(server, 'asked');
  const call = createCallProvider([])(buildRequest({ url }, 'held', { body, interrupt: interrupt.signal }));
  await asked;
  expect((await heldBytes()) - before).toBeLessThan(5 * MB);
  interrupt.abort();
  await expect(call).rejects.toThrow('interrupted');
});

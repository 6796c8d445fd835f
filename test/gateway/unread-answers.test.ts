import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { closeUnread } from '../../src/gateway/unread-answers.js';
import { TIMED } from '../helpers/timed.js';
import { openSocket, rawRequest, readToEnd } from '../helpers/raw-http.js';

const BYTES = 64 * 1024 * 1024;

test(
  'an answer that nobody takes is given up, and what it is read from is closed; one that is taken is whole',
  TIMED,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-unread-'));
    const file = join(folder, 'large');
    await writeFile(file, Buffer.alloc(BYTES, 'x'));
    const app = fastify();
    closeUnread(app, 1000);
    let closed: Promise<unknown> = Promise.resolve();
    app.get('/file', async (_request, reply) => {
      const content = createReadStream(file);
      closed = once(content, 'close');
      return reply.type('text/plain').send(content);
    });
    app.get('/text', async (_request, reply) => reply.type('text/plain').send('x'.repeat(BYTES)));
    const url = await app.listen({ port: 0 });
    for (const path of ['/file', '/text']) {
      const read = await openSocket(url);
      read.write(rawRequest(path, { method: 'GET' }));
      expect((await readToEnd(read)).text.length).toBeGreaterThan(BYTES);

      const ended = new Promise((resolve) => app.server.once('connection', (socket) => socket.once('close', resolve)));
      const stuck = await openSocket(url);
      stuck.write(rawRequest(path, { method: 'GET' }));
      await ended;
      stuck.destroy();
      await closed;
    }
    await app.close();
    await rm(folder, { recursive: true });
  },
);

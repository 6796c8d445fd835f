import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCallProvider } from '../../src/providers/call-provider.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';
import { buildRequest } from './build-request.js';

const PACKED_BY = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

const ANSWER = { object: 'chat.completion', choices: [{ message: { role: 'assistant', content: 'A wren – ü' } }] };
const PIECE = { object: 'chat.completion.chunk', choices: [{ delta: { content: 'A wren' }, finish_reason: 'stop' }] };

/** The path says how the answer is packed, and what it is. */
const server = createServer((request, response) => {
  const [, encoding = '', what] = (request.url ?? '').split('/');
  const bodies: Record<string, [status: number, body: string]> = {
    answer: [200, JSON.stringify(ANSWER)],
    bomb: [200, `{"choices":"${' '.repeat(40 * 1024 * 1024)}"}`],
    stream: [200, `data: ${JSON.stringify(PIECE)}\n\ndata: [DONE]\n\n`],
    'stream-bomb': [200, `data: ${' '.repeat(40 * 1024 * 1024)}`],
    error: [429, JSON.stringify({ error: { message: 'too many requests for this bird' } })],
  };
  const [status, body] = bodies[what ?? ''] ?? [404, ''];
  const packed = PACKED_BY[encoding as keyof typeof PACKED_BY](body);
  response.writeHead(status, {
    'content-type': what?.startsWith('stream') === true ? 'text/event-stream' : 'application/json',
    'content-encoding': encoding,
    'content-length': packed.length,
  });
  response.end(packed);
});

let url = '';
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const callProvider = createCallProvider([PLANTED_KEY]);

const ask = (encoding: string, what: string, body = {}) => {
  const request = buildRequest({ url: `${url}/${encoding}/${what}` }, 'm');
  return callProvider({ ...request, body: { ...request.body, ...body } });
};

describe.each(Object.keys(PACKED_BY))('packed by %s', (encoding) => {
  test('an answer is read', async () => {
    expect(await ask(encoding, 'answer')).toMatchObject({ facts: null, response: ANSWER });
  });

  test('a stream is read', async () => {
    const answered = { choices: [{ message: { content: 'A wren' } }] };
    expect(await ask(encoding, 'stream', { stream: true })).toMatchObject({ facts: null, response: answered });
  });

  test.each(['bomb', 'stream-bomb'])('what unpacks to far more than can be kept is let go: %s', async (what) => {
    const cause = { type: 'answer too large' };
    expect(await ask(encoding, what, { stream: what !== 'bomb' })).toMatchObject({ facts: { cause } });
  });

  test('an error is read', async () => {
    const error = { message: expect.stringContaining('too many requests for this bird') as string };
    expect(await ask(encoding, 'error')).toMatchObject({ facts: { cause: { type: 'http', status: 429, error } } });
  });
});

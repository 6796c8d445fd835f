import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fastify, type FastifyRequest } from 'fastify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBody } from '../../src/gateway/read-body.js';
import { rawRequest, sendRaw } from '../helpers/raw-http.js';

const MB = 1024 * 1024;
const LIMIT = 8 * MB;

const requestOf = (headers: Readonly<Record<string, string>> = {}) =>
  ({ headers, routeOptions: { bodyLimit: LIMIT } }) as unknown as FastifyRequest;

/** As a socket brings them: each is nobody else's. */
const blocksOf = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => {
    const block = bytes.subarray(index * size, (index + 1) * size);
    return Buffer.from(new Uint8Array(block).buffer);
  });

test('a body is its text, however large it is and wherever its blocks end', async () => {
  const text = fc
    .constantFrom('x', 'äö', '你好', '🙂')
    .chain((part) => fc.nat(2 * MB).map((count) => part.repeat(count)));
  const property = fc.asyncProperty(text, fc.integer({ min: 1000, max: 70_000 }), async (body, size) => {
    const bytes = Buffer.from(body);
    const stream = Readable.from(blocksOf(bytes, size), { objectMode: false });
    fc.pre(bytes.length <= LIMIT);
    const read = await readBody(requestOf({ 'content-length': String(bytes.length) }), stream);
    expect(read === body).toBe(true);
  });
  await fc.assert(property, { numRuns: 20 });
});

test('the blocks of a large body are given back as they come, and memory is taken for what came, not for what was announced', async () => {
  const stream = new PassThrough();
  const read = readBody(requestOf({ 'content-length': String(LIMIT) }), stream);
  const blocks = blocksOf(Buffer.alloc(2 * MB, 'x'), 65_536);
  const { external } = process.memoryUsage();
  for (const block of blocks) {
    stream.write(block);
    await nextTurn();
  }
  expect(blocks.map(({ buffer }) => buffer.byteLength)).toEqual(blocks.map(() => 0));
  expect(process.memoryUsage().external - external).toBeLessThan(3 * MB);
  stream.destroy(new Error('the client left'));
  await expect(read).rejects.toThrow('the client left');
});

test('a block that is a part of something else stays as it is', async () => {
  const whole = Buffer.alloc(4 * MB, 'x');
  const stream = Readable.from([whole.subarray(0, 2 * MB), whole.subarray(2 * MB)], { objectMode: false });
  expect(await readBody(requestOf(), stream)).toHaveLength(4 * MB);
  expect(whole).toHaveLength(4 * MB);
});

describe('what fastify does with a body that it reads itself', () => {
  const [own, ofFastify] = [fastify({ bodyLimit: LIMIT }), fastify({ bodyLimit: LIMIT })];
  own.addContentTypeParser('application/json', readBody);
  ofFastify.addContentTypeParser('application/json', { parseAs: 'string' }, async (_: unknown, body: string) => body);
  const urls: string[] = [];
  beforeAll(async () => {
    for (const app of [own, ofFastify]) {
      app.post('/', async ({ body }) => ({ characters: String(body).length }));
      urls.push(await app.listen({ port: 0, host: '127.0.0.1' }));
    }
  });
  afterAll(() => Promise.all([own, ofFastify].map((app) => app.close())));

  const JSON_TYPE = 'content-type: application/json';
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const inChunks = (...texts: string[]) =>
    `${rawRequest('/', { headers: [JSON_TYPE, 'transfer-encoding: chunked'] })}${texts.map(chunk).join('')}0\r\n\r\n`;
  const announced = (body: string, bytes = body.length) =>
    `${rawRequest('/', { headers: [JSON_TYPE, `content-length: ${bytes}`] })}${body}`;

  test.each<[what: string, request: string, status: number]>([
    ['a small one', announced('{}'), 200],
    ['a large one', announced('x'.repeat(3 * MB)), 200],
    ['the largest', announced('x'.repeat(LIMIT)), 200],
    ['one that is announced as larger', announced('{}', LIMIT + 1), 413],
    ['one of no length', inChunks('x', 'y'), 200],
    ['a large one of no length', inChunks('x'.repeat(3 * MB), 'y'), 200],
    ['one that becomes larger', inChunks('x'.repeat(LIMIT), 'x'), 413],
    ['none', announced(''), 200],
  ])('%s', async (_what, request, status) => {
    const [answer, expected] = await Promise.all(urls.map((url) => sendRaw(url, request)));
    expect(answer?.status).toBe(status);
    const withoutDate = (text = '') => text.replace(/^date: .*$/im, '');
    expect(withoutDate(answer?.text)).toBe(withoutDate(expected?.text));
  });

  test('one that has another length than was announced', async () => {
    const send = (app: typeof own) =>
      app.inject({
        method: 'POST',
        url: '/',
        headers: { 'content-type': 'application/json', 'content-length': '3' },
        payload: '{}',
      });
    const [answer, expected] = [await send(own), await send(ofFastify)];
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual(expected.json());
  });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../src/config/index.js';
import { createListModels } from '../../src/providers/list-models.js';

let answer: { status: number; body: string } | null = null;
const received: IncomingMessage[] = [];
const server = createServer((request, response) => {
  received.push(request);
  if (answer !== null) response.writeHead(answer.status).end(answer.body);
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const listModels = createListModels({});
const listed = (more: Partial<Connection> = {}, limitMs = 20_000) => {
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return listModels({ provider: 'openai', apiBase, apiKey: 'k', params: {}, ...more }, AbortSignal.timeout(limitMs));
};

test.each<[string, unknown, string[]]>([
  ["OpenAI's", { object: 'list', data: [{ id: 'a' }, { id: 'org/b' }] }, ['a', 'org/b']],
  ['a bare list', [{ id: 'a' }, { name: 'b' }, 'c'], ['a', 'b', 'c']],
  ['one under another name', { models: [{ name: 'a' }] }, ['a']],
  ['with what is no name', { data: [{ id: '' }, { id: 7 }, null, { id: 'a\nb' }, { id: 'a' }] }, ['a']],
  ['none', { data: null }, []],
])('a list: %s', async (_what, body, names) => {
  answer = { status: 200, body: JSON.stringify(body) };
  expect(await listed()).toEqual(names);
});

test.each([
  ['an error', { status: 500, body: '{"data": [{"id": "a"}]}' }],
  ['no JSON', { status: 200, body: '<html>' }],
  ['too much', { status: 200, body: `{"data": [{"id": "a"}], "x": "${'x'.repeat(9_000_000)}"}` }],
])('%s lists nothing', async (_what, given) => {
  answer = given;
  expect(await listed()).toEqual([]);
});

test('silence ends with the signal', async () => {
  answer = null;
  expect(await listed({}, 50)).toEqual([]);
});

test.each<[Partial<Connection>, Record<string, string>, string]>([
  [{}, { authorization: 'Bearer k' }, '/v1/models'],
  [{ provider: 'anthropic' }, { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }, '/v1/models?limit=1000'],
  [
    { keyHeader: 'api-key', query: { 'api-version': 'preview' }, headers: { 'x-team': 'red' } },
    { 'api-key': 'k', 'x-team': 'red' },
    '/v1/models?api-version=preview',
  ],
  [{ headers: { AUTHORIZATION: 'Basic own' } }, { authorization: 'Basic own' }, '/v1/models'],
])('the key and the headers of the deployment %j', async (more, headers, path) => {
  answer = { status: 200, body: '{}' };
  await listed(more);
  expect(received.at(-1)?.headers).toMatchObject(headers);
  expect(received.at(-1)?.url).toBe(path);
});

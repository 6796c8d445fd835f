import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST } from '../helpers/holdfast.js';

const SEED = '9223372036854775807';
const ID = '12345678901234567891';
const choice = (part: string) => `{"index":0,${part},"finish_reason":"stop"}`;
const PLAIN = `{"id":"c","object":"chat.completion","created":1,"model":"m","vendor_id":${ID},"choices":[${choice('"message":{"role":"assistant","content":"hi"}')}]}`;
const CHUNKS = [
  `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","vendor_id":${ID},"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}`,
  `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","vendor_id":${ID},"choices":[${choice('"delta":{}')}]}`,
];

let upstream: Server;
let gateway: TestGateway;
const received: string[] = [];

beforeAll(async () => {
  upstream = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(body);
      if (!body.includes('"stream":true')) return response.setHeader('content-type', 'application/json').end(PLAIN);
      response.setHeader('content-type', 'text/event-stream');
      return response.end([...CHUNKS, '[DONE]'].map((data) => `data: ${data}\n\n`).join(''));
    });
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const params = { model: 'openai/m', api_base: `http://127.0.0.1:${port}/v1`, api_key: 'x' };
  gateway = await openGateway({ model_list: [{ model_name: 'm', litellm_params: params }], router_settings: FAST });
});
afterAll(async () => {
  await gateway.close();
  upstream.closeAllConnections();
  upstream.close();
});

const ask = (more: string, headers: Record<string, string> = {}) =>
  gateway.fetch('/v1/chat/completions', {
    method: 'POST',
    body: `{"model":"m","messages":[{"role":"user","content":"hi"}],"seed":${SEED}${more}}`,
    headers: { 'content-type': 'application/json', ...headers },
  });
const key = { 'idempotency-key': 'large' };

test('plain, and again by its key, and where the call is looked at', async () => {
  const first = await ask('', key);
  expect(await first.text()).toContain(`"vendor_id":${ID}`);
  expect(received.at(-1)).toContain(`"seed":${SEED}`);
  expect(await (await ask('', key)).text()).toContain(`"vendor_id":${ID}`);
  expect(received).toHaveLength(1);
  const call = await gateway.fetch(`/holdfast/calls/${first.headers.get('x-holdfast-workflow-id')}`);
  expect(await call.text()).toContain(`"vendor_id":${ID}`);
});

test('streamed, and to a reader who comes later', async () => {
  const streamed = await (await ask(',"stream":true', { 'idempotency-key': 'large stream' })).text();
  expect(streamed.split(`"vendor_id":${ID}`)).toHaveLength(CHUNKS.length + 1);
  expect(received.at(-1)).toContain(`"seed":${SEED}`);
  const later = await (await ask(',"stream":true', { 'idempotency-key': 'large stream' })).text();
  expect(later).toContain(`"vendor_id":${ID}`);
  expect(streamed + later).not.toContain('holdfast:number');
});

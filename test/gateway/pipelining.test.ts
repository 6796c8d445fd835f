import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { openSocket, readToEnd } from '../helpers/raw-http.js';
import { waitFor } from '../helpers/wait-for.js';

const KEEP_ALIVE_SECONDS = 0.02;

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: [...group('held'), ...group('begun'), ...group('good')],
    router_settings: FAST,
    general_settings: { sse_keepalive_ping_interval_seconds: KEEP_ALIVE_SECONDS },
  };
  gateway = await openGateway(config, {
    'held-up': 'held',
    'begun-up': [{ sse: ['One '], then: 'hang' }],
    'good-up': [{ sse: ['One ', 'two.'] }],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.provider.reset());

const chat = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...more });

/** A request for a connection that stays open. */
function request(path: string, json: unknown): string {
  const body = JSON.stringify(json);
  const headers = ['host: localhost', 'content-type: application/json', `content-length: ${body.length}`];
  return [`POST ${path} HTTP/1.1`, ...headers, '', body].join('\r\n');
}

async function inFlight(): Promise<number> {
  const text = await (await gateway.fetch('/metrics')).text();
  return Number(/^holdfast_requests_in_flight (\d+)$/m.exec(text)?.[1]);
}

const chats = (model: string, count: number, more: object = {}) =>
  Array.from({ length: count }, () => request('/v1/chat/completions', chat(model, more))).join('');

test('calls that were pipelined on a connection which is cut are cancelled, and their places are free again', async () => {
  const socket = await openSocket(gateway.url);
  socket.write(chats('held', 3) + request('/v1/embeddings', {}).repeat(20));
  await waitFor(() => gateway.provider.callCount('held-up') === 3);
  await waitFor(async () => (await inFlight()) === 23);
  socket.destroy();
  await waitFor(async () => (await inFlight()) === 0, { what: 'all places to be free' });
  for (const call of gateway.provider.requestsFor('held-up')) await waitFor(() => call.abortedAt);
});

test('so are streams, and nothing of them is left that could end the process', async () => {
  const socket = await openSocket(gateway.url);
  socket.write(chats('begun', 4, { stream: true }));
  await waitFor(() => gateway.provider.callCount('begun-up') === 4);
  socket.destroy();
  await waitFor(async () => (await inFlight()) === 0, { what: 'all places to be free' });
  for (const call of gateway.provider.requestsFor('begun-up')) await waitFor(() => call.abortedAt);
  // An exception in a timer would fail the run.
  await sleep(KEEP_ALIVE_SECONDS * 1000 * 5);
});

test('a stream that ends behind another one waits for its turn in silence', async () => {
  const socket = await openSocket(gateway.url);
  socket.write(chats('held', 1) + chats('good', 2, { stream: true }));
  await waitFor(() => gateway.provider.callCount() === 3);
  await sleep(KEEP_ALIVE_SECONDS * 1000 * 20);
  gateway.provider.release();
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await waitFor(() => text.split('data: [DONE]').length === 3, { what: 'both streams' });
  const closed = readToEnd(socket);
  socket.destroy();
  await closed;
});

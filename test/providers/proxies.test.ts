import { once } from 'node:events';
import { createServer, request as send, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import { buildRequest } from './build-request.js';

/** A host that nobody but the proxy knows. */
const CORP = 'llm.corp.example';

let provider: MockProvider;
let proxy: Server;
let proxyAddress: string;
/** What the proxy was asked for: a whole URL, or `CONNECT host:port`. */
const asked: string[] = [];
const credentials: unknown[] = [];

beforeAll(async () => {
  provider = await startMockProvider();
  proxy = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? '');
    credentials.push(incoming.headers['proxy-authorization']);
    const { pathname } = new URL(incoming.url ?? '');
    const { method, headers } = incoming;
    const onward = send(`${provider.url}${pathname}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    const onward = connect(Number(new URL(provider.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) each.on('error', () => undefined);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxyAddress = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked.length = 0;
  credentials.length = 0;
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await provider.close();
});

const at = (apiBase: string) =>
  buildRequest(provider, 'ok', { connection: { provider: 'openai', apiBase, apiKey: 'x', params: {} } });

describe('a proxy of the environment', () => {
  test.each<[what: string, env: (address: string) => NodeJS.ProcessEnv]>([
    ['HTTP_PROXY', (address) => ({ HTTP_PROXY: `http://${address}` })],
    ['http_proxy, which wins', (address) => ({ http_proxy: `http://${address}`, HTTP_PROXY: 'http://127.0.0.1:9' })],
    ['without a scheme', (address) => ({ HTTP_PROXY: address })],
    ['beside hosts that need none', (address) => ({ HTTP_PROXY: address, NO_PROXY: 'other.example, localhost' })],
  ])('%s', async (_what, env) => {
    const answer = await createCallProvider([], env(proxyAddress))(at(`http://${CORP}/v1`));
    expect(answer).toMatchObject({ facts: null, status: 200 });
    expect(asked).toEqual([`http://${CORP}/v1/chat/completions`]);
  });

  test('its user and password', async () => {
    await createCallProvider([], { HTTP_PROXY: `http://me:secret@${proxyAddress}` })(at(`http://${CORP}/v1`));
    expect(credentials).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`]);
  });

  test.each([['HTTPS_PROXY'], ['https_proxy']])('%s: a tunnel, which sees the host only', async (name) => {
    const { facts } = await createCallProvider([], { [name]: proxyAddress })(at(`https://${CORP}/v1`));
    // The provider of this test speaks no TLS.
    expect(facts).toMatchObject({ cause: { type: 'connection' } });
    expect(asked).toEqual([`CONNECT ${CORP}:443`]);
  });

  test("curl's rule for this machine: through the proxy, unless NO_PROXY has it", async () => {
    const env = { HTTP_PROXY: proxyAddress };
    await createCallProvider([], env)(at(`${provider.url}/v1`));
    expect(asked).toHaveLength(1);
    for (const NO_PROXY of ['127.0.0.1', 'localhost,127.0.0.1', '*']) {
      const answer = await createCallProvider([], { ...env, NO_PROXY })(at(`${provider.url}/v1`));
      expect(answer).toMatchObject({ facts: null });
    }
    expect(asked).toHaveLength(1);
  });

  test('one that does not answer is a connection error', async () => {
    const { facts } = await createCallProvider([], { HTTP_PROXY: 'http://127.0.0.1:9' })(at(`http://${CORP}/v1`));
    expect(facts).toMatchObject({ cause: { type: 'connection' }, phase: 'connecting' });
  });
});

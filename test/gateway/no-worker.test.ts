import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startGateway, type RunningGateway } from '../../src/gateway/start-gateway.js';
import { openStreams } from '../../src/streaming/open-streams.js';
import { connectNatively } from '../../src/temporal/connect-natively.js';
import { temporalSettings } from '../../src/temporal/settings.js';
import { readEvents } from '../helpers/sse.js';
import { installTestRuntime } from '../helpers/temporal.js';

let gateway: RunningGateway;
let close: () => Promise<void>;
beforeAll(async () => {
  installTestRuntime();
  const options = { address: inject('temporalAddress'), taskQueue: `nobody-${randomUUID()}` };
  const connection = await connectNatively(temporalSettings(options));
  const client = HoldfastClient.over(connection, { ...options, eager: false });
  gateway = await startGateway({
    client,
    streams: openStreams({ connection, namespace: temporalSettings(options).namespace }),
    config: parseConfig('model_list: [{model_name: a, litellm_params: {model: b, api_key: c}}]', {
      source: '',
      env: {},
    }),
    port: 0,
    log: pino({ level: 'silent' }),
  });
  close = async () => {
    gateway.stop();
    await gateway.stopped;
    await connection.close();
  };
});
afterAll(() => close());

const send = (more: object = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'a', messages: [{ role: 'user', content: 'hi' }], timeout: 1, ...more }),
  });

const ERROR = { kind: 'Timeout', type: 'timeout_error', message: expect.stringContaining('no worker took call') };

test('the timeout of a request holds while no worker takes the call; a stream ends with the error', async () => {
  const [answer, stream] = await Promise.all([send(), send({ stream: true })]);
  expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([408, 'false']);
  expect(await answer.json()).toMatchObject({ error: ERROR });

  expect(stream.status).toBe(200);
  const { events, text } = await readEvents(stream);
  expect(JSON.parse(events.at(-1)!.data)).toMatchObject({ error: { ...ERROR, status: 408 } });
  expect(text).not.toContain('[DONE]');
});

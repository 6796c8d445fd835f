import { setTimeout as sleep } from 'node:timers/promises';
import { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admitRequests } from '../../src/gateway/admission.js';
import { group } from '../helpers/holdfast.js';
import { batchText, testRows } from '../helpers/batch.js';
import { batchEnd, createBatch, uploadText } from '../helpers/openai-batches.js';
import { openSocket, rawRequest, readToEnd, sendRaw } from '../helpers/raw-http.js';
import { API_KEYS, KEYS, openForTwo, type TwoCallers } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

const MB = 1024 * 1024;

let callers: TwoCallers;
beforeAll(async () => {
  callers = await openForTwo({
    model_list: [...group('good', ['ok']), ...group('held', ['held'])],
    general_settings: {
      max_receiving_mb: 1,
      key_max_parallel_uploads: 1,
      key_max_stored_mb: 2,
      api_keys: [
        API_KEYS.one,
        { ...API_KEYS.two, max_parallel_requests: 2, max_parallel_uploads: 2, max_stored_mb: 4 },
      ],
    },
  });
});
afterAll(() => callers.close());

const JSON_TYPE = 'content-type: application/json';
const auth = `authorization: Bearer ${KEYS.one}`;
const body = JSON.stringify({ model: 'good', messages: [{ role: 'user', content: 'x'.repeat(400_000) }] });

/** A request whose body does not come. */
async function slow(headers: readonly string[]) {
  const socket = await openSocket(callers.gateway.url);
  socket.write(rawRequest('/v1/chat/completions', { headers: [JSON_TYPE, auth, ...headers] }));
  return socket;
}

test('bodies on their way find room or a 503 at once, which is free again with what took it', async () => {
  const waiting = [await slow(['content-length: 400000']), await slow(['content-length: 400000'])];
  const refused = async () => {
    const answer = await sendRaw(
      callers.gateway.url,
      rawRequest('/v1/chat/completions', { headers: [JSON_TYPE, auth], body }),
    );
    return answer.status === 503 ? answer : null;
  };
  const { text } = await waitFor(refused);
  expect(text).toMatch(/x-should-retry: true/);
  expect(text).toMatch(/retry-after: 1/);
  expect(text).toContain('as many bodies of requests as it has memory for');
  // Of one that does not say how long it is, a megabyte is expected.
  const chunked = await slow(['transfer-encoding: chunked']);
  expect((await readToEnd(chunked)).status).toBe(503);
  for (const socket of waiting) socket.destroy();
  await waitFor(async () => (await refused()) === null);
});

describe('files of a key', () => {
  const megabytes = (count: number) => 'x'.repeat(count * MB);

  test('are uploaded so many at once', async () => {
    const form = ['content-type: multipart/form-data; boundary=b', 'content-length: 1000'];
    const upload = async (key: string) => {
      const socket = await openSocket(callers.gateway.url);
      socket.write(rawRequest('/v1/files', { headers: [`authorization: Bearer ${key}`, ...form] }));
      return socket;
    };
    const stuck = await upload(KEYS.one);
    const second = await waitFor(async () => {
      const answer = await uploadText(callers.gateway.openai({ apiKey: KEYS.one, maxRetries: 0 }), 'x').then(
        () => null,
        (error: unknown) => error,
      );
      return answer;
    });
    expect(second).toMatchObject({ status: 429, message: expect.stringContaining('uploads under way') });
    const other = await upload(KEYS.two);
    await uploadText(callers.two, 'x');
    stuck.destroy();
    other.destroy();
    await waitFor(async () => uploadText(callers.one, 'x').catch(() => null));
  });

  test('have so many bytes together, and room again when one is removed', async () => {
    const { one, two } = callers;
    const first = await uploadText(one, megabytes(1.5));
    const refused = await uploadText(one, megabytes(1)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(APIError);
    expect(refused).toMatchObject({ status: 413, message: expect.stringContaining('key one') });
    await uploadText(one, megabytes(0.2));
    await uploadText(two, megabytes(3));
    await one.files.delete(first.id);
    await uploadText(one, megabytes(1.5));
  });

  test('that are refused while they come leave the connection to the next request', async () => {
    const socket = await openSocket(callers.gateway.url);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="rows.jsonl"\r\n\r\n';
    const upload = `${part}${megabytes(4)}\r\n--b--\r\n`;
    const form = ['content-type: multipart/form-data; boundary=b', `content-length: ${upload.length}`];
    for (const [path, more] of [
      ['POST /v1/files', [...form, '', upload]],
      ['GET /v1/models', ['', '']],
    ] as const) {
      socket.write([`${path} HTTP/1.1`, 'host: localhost', auth, ...more].join('\r\n'));
    }
    const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    await waitFor(() => statuses().length === 2);
    expect(statuses()).toEqual(['413', '200']);
    socket.destroy();
  });
});

test('a batch has no more rows under way than its key may have requests', async () => {
  const { two, gateway } = callers;
  gateway.provider.reset();
  const batch = await createBatch(two, batchText(testRows(5, ['held'])));
  const end = batchEnd(two, batch);
  for (const count of [2, 4, 5]) {
    await waitFor(() => gateway.provider.callCount() === count);
    // Others would have come meanwhile.
    await sleep(500);
    expect(gateway.provider.callCount()).toBe(count);
    gateway.provider.release();
  }
  expect(await end).toMatchObject({ status: 'completed', request_counts: { completed: 5 } });
});

test('where several keys share a gateway, none can take all of it', () => {
  const keys = [API_KEYS.one, API_KEYS.two];
  const admission = admitRequests({ keys, maxParallelRequests: 10 });
  const enter = (id: string) => admission.enter({ id });
  for (let count = 0; count < 8; count++) enter('one');
  expect(() => enter('one')).toThrow('key one has 8 requests under way');
  enter('two');
  enter('two');
  expect(() => enter('two')).toThrow('10 requests are under way');
  const alone = admitRequests({ keys: [API_KEYS.one], maxParallelRequests: 10 });
  for (let count = 0; count < 10; count++) alone.enter({ id: 'one' });
  expect(() => alone.enter({ id: 'one' })).toThrow('10 requests are under way');
  const told = admitRequests({ keys, maxParallelRequests: 10, eachKey: { maxParallelRequests: 1 } });
  told.enter({ id: 'one' });
  expect(() => told.enter({ id: 'one' })).toThrow('key one has 1 requests under way');
});

test.each([
  ['that fits is taken', 1, 200],
  ['with more than there is room for is refused', 4, 503],
])('a body of unknown length %s', async (_what, times, status) => {
  const text = JSON.stringify({ model: 'good', messages: [{ role: 'user', content: 'x'.repeat(times * 400_000) }] });
  const answer = await fetch(`${callers.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEYS.one}` },
    body: new Blob([text]).stream(),
    duplex: 'half',
  });
  expect(answer.status).toBe(status);
});

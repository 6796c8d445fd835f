import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';

let root: string;
let gateway: TestGateway;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  gateway = await openGateway({ model_list: group('good', ['ok']) }, {}, { files: root });
});
afterAll(async () => {
  await gateway.close();
  await rm(root, { recursive: true, force: true });
});

const head = (path: string): Promise<Response> => gateway.fetch(path, { method: 'HEAD' });

describe('HEAD', () => {
  test.each([
    '/health/liveliness',
    '/health/readiness',
    '/metrics',
    '/openapi.json',
    '/v1/models',
    '/models/good',
    '/v1/files',
    '/v1/batches',
  ])('of %s is that of GET', async (path) => {
    const [asked, got] = [await head(path), await gateway.fetch(path)];
    expect([asked.status, asked.headers.get('content-type')]).toEqual([got.status, got.headers.get('content-type')]);
    expect(asked.status).toBe(200);
    expect(await asked.text()).toBe('');
  });

  test('of what is not there is a 404', async () => {
    expect((await head('/v1/models/none')).status).toBe(404);
  });

  test('is not served where a body has no end, or is a whole file', async () => {
    const answer = await gateway
      .openai()
      .chat.completions.create({ model: 'good', messages: [{ role: 'user', content: 'hi' }] })
      .withResponse();
    const id = answer.response.headers.get('x-holdfast-workflow-id');
    expect((await head(`/holdfast/calls/${id}`)).status).toBe(200);
    expect((await head(`/holdfast/calls/${id}/events`)).status).toBe(404);
    expect((await head('/v1/files/file-x/content')).status).toBe(404);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  const config = { model_list: [...group('good'), ...group('later'), ...group('hanging')], router_settings: FAST };
  gateway = await openGateway(config, { 'good-up': 'ok', 'later-up': 'ok', 'hanging-up': 'hang' });
});
afterAll(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'hi' }];
const send = (headers: Record<string, string>, more: object = {}) =>
  gateway.fetch('/v1/chat/completions', { json: { model: 'later', messages, ...more }, headers });

describe('a call that begins later', () => {
  test('is told by its id, waits for its time whatever is done to it, and can be cancelled', async () => {
    const response = await send({ 'x-holdfast-start-after': '3600' });
    expect(response.status).toBe(202);
    const body = (await response.json()) as { callId: string };
    expect(body).toMatchObject({ state: 'deferred', beginsAt: expect.any(String) });
    const { callId } = body;
    expect(response.headers.get('x-holdfast-workflow-id')).toBe(callId);
    const look = await (await gateway.fetch(`/holdfast/calls/${callId}`)).json();
    expect(look).toMatchObject({ state: 'running', now: expect.stringContaining('deferred: it begins at') });

    const handle = gateway.client.handle(callId);
    const pause = handle.act('pause', { by: 'anna', why: 'not now' });
    await expect(pause).rejects.toMatchObject({ message: expect.stringContaining('the call is deferred until') });
    expect((await handle.describe()).state).toBe('running');
    await handle.act('cancel', { by: 'anna', why: 'not wanted' });
    await waitFor(async () => (await handle.describe()).state === 'cancelled');
    expect(gateway.provider.callCount('later-up')).toBe(0);
  });

  test('begins when its time has come, and is answered as any other', async () => {
    const { callId } = await gateway.client.start({ model: 'good', messages }, { startAfter: 1 });
    const handle = gateway.client.handle(callId);
    const { report } = await handle.result();
    const { startedAt } = await handle.describe();
    expect(report).toMatchObject({ group: 'good', attempts: 1 });
    expect(Date.parse(report.ledger.entries[0]?.startedAt ?? '') - startedAt.getTime()).toBeGreaterThanOrEqual(1000);
  });

  test('the same request and key again has its answer', async () => {
    const headers = { 'idempotency-key': randomUUID(), 'x-holdfast-start-after': '1' };
    const first = await send(headers, { model: 'good' });
    await gateway.client.handle(first.headers.get('x-holdfast-workflow-id') ?? '').result();
    const again = await send(headers, { model: 'good' });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ object: 'chat.completion' });
  });

  test('an expired call ends with a Timeout', async () => {
    const response = await send({ 'x-holdfast-expires': '1' }, { model: 'hanging' });
    expect(response.status).toBe(408);
    expect(await response.json()).toMatchObject({ error: { kind: 'Timeout' } });
  });

  test.each([
    ['a time that is none', { 'x-holdfast-start-at': 'tomorrow' }, 'x-holdfast-start-at: expected a time'],
    ['seconds that are none', { 'x-holdfast-start-after': '1h' }, 'x-holdfast-start-after: expected seconds'],
    ['an end before its begin', { 'x-holdfast-start-after': '9', 'x-holdfast-expires': '3' }, 'before the call begins'],
  ])('%s is refused', async (_what, headers, text) => {
    const response = await send(headers);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(text);
  });

  test('it is not streamed', async () => {
    const response = await send({ 'x-holdfast-start-after': '60' }, { stream: true });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('cannot be streamed');
  });
});

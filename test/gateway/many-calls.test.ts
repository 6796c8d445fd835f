import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { sha256 } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

const MASTER = 'sk-master-0123456789';
const FREE = 'sk-free-0123456789';

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: [...group('other'), ...group('slow')],
    router_settings: { ...FAST, num_retries: 0 },
    general_settings: { master_key: MASTER, api_keys: [{ id: 'free', sha256: sha256(FREE) }] },
  };
  gateway = await openGateway(config, { 'other-up': 'ok', 'slow-up': 'held' });
});
afterAll(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'hi' }];

describe('the master key, for many calls at once', () => {
  const asMaster = { authorization: `Bearer ${MASTER}` };
  const list = async (query: Record<string, string>, headers = asMaster) => {
    const response = await gateway.fetch(`/holdfast/calls?${new URLSearchParams(query).toString()}`, { headers });
    const body = (await response.json()) as { calls: { callId: string; state: string }[]; next: string | null };
    return { status: response.status, body };
  };
  const act = (json: object, headers = asMaster) => gateway.fetch('/holdfast/actions', { json, headers });
  const eventsOf = async (json: object) =>
    (await readEvents(await act(json))).events.map(({ event, data }) => ({ event, data: JSON.parse(data) as unknown }));
  const running = () => `TaskQueue = "${gateway.taskQueue}" AND ExecutionStatus = "Running"`;

  test('lists them in pages, moves all that a filter finds to another group, and says what each did', async () => {
    const started = await Promise.all(
      Array.from({ length: 5 }, () => gateway.client.start({ model: 'slow', messages }, { owner: 'free' })),
    );
    const ids = started.map(({ callId }) => callId).toSorted();
    for (const { callId } of started) {
      await waitFor(async () => (await gateway.client.handle(callId).describe()).pending?.state === 'asking');
    }
    await waitFor(async () => (await list({ query: running() })).body.calls.length === ids.length);
    const first = (await list({ query: running(), limit: '3' })).body;
    expect(first.calls).toHaveLength(3);
    const second = (await list({ query: running(), limit: '3', after: first.next ?? '' })).body;
    expect([...first.calls, ...second.calls].map(({ callId }) => callId).toSorted()).toEqual(ids);
    expect(first.calls[0]).toMatchObject({ state: 'running', group: 'slow' });

    const move = { action: 'use', group: 'other', why: 'an outage', query: running(), per_second: 1000 };
    expect(await (await act({ ...move, dry_run: true })).json()).toEqual({ calls: 5, areMore: false });
    const events = await eventsOf(move);
    expect(events.filter(({ event }) => event === 'call').map(({ data }) => data)).toEqual(
      expect.arrayContaining(ids.map((callId) => ({ callId, error: null }))),
    );
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { took: 5, refused: 0, left: 0, areMore: false } });
    for (const call of started) expect(await call.result()).toMatchObject({ report: { group: 'other' } });

    const again = await eventsOf({ action: 'pause', why: 'too late', ids: ids.slice(0, 2) });
    expect(again.at(-1)).toMatchObject({ event: 'end', data: { took: 0, refused: 2 } });
    expect(again[0]?.data).toMatchObject({ error: expect.stringContaining('is over') });
  });

  test('no other key may', async () => {
    const headers = { authorization: `Bearer ${FREE}` };
    expect((await list({}, headers)).status).toBe(403);
    expect((await act({ action: 'fail', why: 'x', ids: ['x'] }, headers)).status).toBe(403);
  });

  test.each([
    ['a filter that is unknown', { limt: '3' }, 'limt'],
    ['an age that is none', { older_seconds: 'old' }, 'older_seconds'],
    [
      'a query that Temporal does not understand',
      { query: 'HoldfastGroup LIKES x' },
      'does not understand the query: invalid query',
    ],
    ['a page that there is not', { after: 'nowhere' }, 'there is no such page'],
  ])('%s is refused', async (_what, query, text) => {
    expect(await list(query)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(text) } },
    });
  });

  test.each([
    ['without a filter', { action: 'fail', why: 'x' }, 'expected "ids", or a filter'],
    ['with a filter that is misspelt', { action: 'fail', why: 'x', retring: 'slow', older_seconds: 1 }, 'retring'],
    ['with ids and a filter', { action: 'fail', why: 'x', ids: ['x'], batch: 'x' }, 'expected "ids", or a filter'],
    ['without what it wants', { action: 'use', why: 'x', ids: ['x'] }, 'the name of a model group'],
  ])('an action %s is refused', async (_what, json, text) => {
    const response = await act(json);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(text.replaceAll('"', String.raw`\"`));
  });
});

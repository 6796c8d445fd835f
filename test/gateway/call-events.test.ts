import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: [...group('slow'), ...group('spare')],
    router_settings: { ...FAST, num_retries: 1, fallbacks: [{ slow: ['spare'] }] },
  };
  gateway = await openGateway(config, {
    'slow-up': [{ status: 500, hold: true }, { status: 503 }],
    'spare-up': 'slow(1.5)',
  });
});
afterAll(() => gateway.close());

const start = () => gateway.client.start({ model: 'slow', messages: [{ role: 'user', content: 'hi' }] });

interface Seen {
  readonly events: EventSourceMessage[];
  readonly comments: string[];
}

/** Reads events to their end. */
async function read(
  callId: string,
  { headers = {}, onFirst = () => undefined }: { headers?: Record<string, string>; onFirst?: () => void } = {},
): Promise<Seen & { response: Response }> {
  const response = await gateway.fetch(`/holdfast/calls/${callId}/events`, { headers });
  const seen: Seen = { events: [], comments: [] };
  const parser = createParser({
    onEvent: (event) => {
      if (seen.events.push(event) === 1) onFirst();
    },
    onComment: (comment) => seen.comments.push(comment),
  });
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(chunk);
  return { ...seen, response };
}

const data = ({ data: text }: EventSourceMessage): unknown => JSON.parse(text);

test('the ledger of a running call as it grows, what it does, and its end', async () => {
  const { callId } = await start();
  await waitFor(() => gateway.provider.callCount('slow-up') === 1);
  const { events, comments, response } = await read(callId, { onFirst: () => gateway.provider.release() });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(comments).toEqual([]);
  const attempts = events.filter(({ event }) => event === 'attempt');
  expect(attempts.map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect(attempts.map(data)).toMatchObject([
    { group: 'slow', attempt: 1, kind: 'InternalServerError', next: { action: 'retry' } },
    { group: 'slow', attempt: 2, kind: 'ServiceUnavailableError', next: { action: 'give up' } },
    { group: 'spare', attempt: 1, outcome: 'answered' },
  ]);
  const states = events.filter(({ event }) => event === 'now').map(data);
  expect(states.length).toBeGreaterThan(0);
  expect(states[0]).toMatchObject({ state: 'running', group: 'slow' });
  expect(events.at(-1)?.event).toBe('end');
  expect(data(events.at(-1)!)).toMatchObject({ state: 'answered', report: { attempts: 3, fallbacks: 1 } });
});

test('of a call that is over, at once; from where the reader was', async () => {
  const handle = await start();
  await handle.result();
  const { events } = await read(handle.callId, { headers: { 'last-event-id': '2' } });
  expect(events.map(({ event, id }) => [event, id])).toEqual([
    ['attempt', '3'],
    ['end', undefined],
  ]);
  const unreadable = await read(handle.callId, { headers: { 'last-event-id': 'two' } });
  expect(unreadable.events).toHaveLength(4);
});

test('of no call', async () => {
  expect((await gateway.fetch('/holdfast/calls/nowhere/events')).status).toBe(404);
});

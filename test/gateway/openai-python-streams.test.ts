import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../src/mock-provider/index.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { askWithPython } from '../helpers/openai-python.js';
import { skipWithout } from '../helpers/requirements.js';
import { FAULTS, WORDS } from './wire-faults.js';

const CLIENTS = ['sync', 'async'] as const;
const TEXT = WORDS.join('');

type ByClient<What extends string | number> = Record<(typeof CLIENTS)[number], Record<What, unknown>>;

/** A gateway with a model group for each of these, and what the program found. */
async function ask<What extends string | number>(
  script: Record<string, Step[]>,
  settings: object,
  faults: unknown,
): Promise<{ gateway: TestGateway; found: ByClient<What> }> {
  const gateway = await openGateway(
    { model_list: Object.keys(script).flatMap((name) => group(name)), router_settings: { ...FAST, ...settings } },
    Object.fromEntries(Object.entries(script).map(([name, steps]) => [`${name}-up`, steps])),
  );
  const args = [`${gateway.url}/v1`, gateway.provider.url, JSON.stringify(faults)];
  return { gateway, found: (await askWithPython('openai-python-streams.py', ...args)) as ByClient<What> };
}

describe.skipIf(skipWithout('python-openai'))("OpenAI's clients for Python", () => {
  const faults = Object.entries(FAULTS).map(([name, fault], index) => ({ name, index, ...fault }));
  // A gateway that is quick to miss the next chunk must not have to wait for the client: the others hold theirs for it.
  const stalls = ({ streamed }: (typeof faults)[number]) => streamed.then === 'hang';
  describe.each([
    ['is missed', faults.filter(stalls), { stream_idle_timeout: 3 }],
    ['goes wrong', faults.filter((fault) => !stalls(fault)), {}],
  ] as const)('what %s on the wire', (_, faultsHere, settings) => {
    let gateway: TestGateway;
    let found: ByClient<number>;
    beforeAll(async () => {
      const script = faultsHere.flatMap(({ index, streamed, plain }) => [
        [`streamed-${index}`, [streamed]],
        [`plain-${index}`, [plain]],
      ]) as [string, Step[]][];
      const asked = faultsHere.map(({ index, settings: ofStream = {}, kind }) => ({
        index,
        streamed: { model: `streamed-${index}`, settings: ofStream },
        plain: { model: `plain-${index}`, settings: kind === 'Timeout' ? { timeout: 6 } : {} },
      }));
      ({ gateway, found } = await ask<number>(Object.fromEntries(script), { ...settings, num_retries: 0 }, asked));
    }, 240_000);
    afterAll(() => gateway.close());

    describe.each(faultsHere)('$name', ({ index, sent, kind }) => {
      test.each(CLIENTS)("is an error of the client's own: %s", (client) => {
        const stream = { text: sent, ended: false, kind };
        expect(found[client][index]).toEqual({ chat: stream, responses: stream, plain: { kind } });
      });

      test('and no client asked again', () => {
        const requests = ['streamed', 'plain'].map((name) => gateway.provider.callCount(`${name}-${index}-up`));
        expect(requests).toEqual([4, 2]);
      });
    });
  });

  describe('streams that are whole in the end', () => {
    const WHOLE = { text: TEXT, ended: true, kind: null };
    const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } };
    const both = (name: string, ...steps: Step[]) => CLIENTS.map((client) => [`${name}-${client}`, steps] as const);
    let gateway: TestGateway;
    let found: ByClient<string>;
    beforeAll(async () => {
      const script = {
        words: [{ sse: WORDS }],
        json: [{ content: '{"city":"Oslo","degrees":7}' }],
        tools: [
          sse(
            { role: 'assistant', tool_calls: [{ index: 0, ...CALL }] },
            { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
            { tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] },
          ),
        ],
        ...Object.fromEntries([
          ...both('flaky', { hang: true }, { sse: [], then: 'malformed' }, { sse: [], then: 'error' }, { sse: WORDS }),
          ...both('again', { sse: WORDS, hold: true, then: 'reset' }, { sse: WORDS }),
          ...both('left', { sse: WORDS, hold: true }),
          ...both('late', { delay: 2, content: TEXT }),
        ]),
      };
      ({ gateway, found } = await ask<string>(script, { num_retries: 3 }, null));
    }, 240_000);
    afterAll(() => gateway.close());

    test.each<[what: string, expected: unknown]>([
      ['chat', WHOLE],
      ['response', WHOLE],
      ['retried', WHOLE],
      ['restart', { texts: [TEXT, TEXT], told: [2] }],
      ['left_stream', WHOLE],
      ['left_plain', ['timeout', TEXT]],
      ['parsed', { city: 'Oslo', degrees: 7 }],
      ['parsed_stream', { city: 'Oslo', degrees: 7 }],
      ['tools', [['call_1', 'weather', '{"city":"Oslo"}']]],
      ['response_twice', [TEXT, TEXT]],
    ])('%s', (what, expected) => {
      expect(CLIENTS.map((client) => found[client][what])).toEqual([expected, expected]);
    });

    test('the provider is asked as often as the calls say', () => {
      const counts = ['flaky', 'again', 'left', 'late'].map((name) =>
        CLIENTS.map((client) => gateway.provider.callCount(`${name}-${client}-up`)),
      );
      expect(counts).toEqual([
        [4, 4],
        [2, 2],
        [1, 1],
        [1, 1],
      ]);
    });
  });
});

/** A stream with these deltas. */
function sse(...deltas: object[]): Step {
  const choices = [
    ...deltas.map((delta) => ({ delta, finish_reason: null })),
    { delta: {}, finish_reason: 'tool_calls' },
  ];
  const chunks = choices.map((choice) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'any',
    choices: [{ index: 0, ...choice }],
  }));
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`);
  return { headers: { 'content-type': 'text/event-stream' }, raw: events.join('') };
}

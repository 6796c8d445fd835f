import { describe, expect, test } from 'vitest';
import { checkRow } from '../../src/batch/check-row.js';
import { checkCall } from '../../src/config/index.js';
import type { Operation } from '../../src/core/common/operations.js';
import { isCrowdedJson } from '../../src/core/common/crowded-json.js';
import { parseExactJson } from '../../src/core/common/exact-json.js';
import { MAX_PAYLOAD_BYTES } from '../../src/core/common/limits.js';

/** The largest body that the gateway reads. */
const BODY_BYTES = 3 * MAX_PAYLOAD_BYTES;

/** As many of a part as fit into a body, or so many. */
const many = (part: string, most = Infinity): string =>
  `[${Array.from({ length: Math.min(most, Math.floor(BODY_BYTES / (part.length + 1))) }, () => part).join(',')}]`;
const keys = (count: number, value = '1') =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":${value}`).join(',')}}`;

const chat = (more: string) => `{"model":"a",${more}}`;
const MESSAGES = '"messages":[{"role":"user","content":"hi"}]';
/** So many wrong parts that they are looked at one by one. */
const LOOKED_AT = 100_000;

const BODIES: [what: string, operation: Operation, body: string][] = [
  ['millions of numbers for messages', 'chat.completions', chat(`"messages":${many('1')}`)],
  ['as many numbers as are looked at', 'chat.completions', chat(`"messages":${many('1', LOOKED_AT)}`)],
  ['objects for messages', 'chat.completions', chat(`"messages":${many('{}')}`)],
  ['fewer of them', 'chat.completions', chat(`"messages":${many('{}', LOOKED_AT)}`)],
  [
    'good messages, and a wrong number',
    'chat.completions',
    chat(`"messages":${many('{"role":"u"}', LOOKED_AT)},"timeout":0`),
  ],
  ['a text and numbers for input', 'embeddings', chat(`"input":["a",${many('1', LOOKED_AT).slice(1)}`)],
  ['numbers and a text for input', 'embeddings', chat(`"input":${many('1', LOOKED_AT).slice(0, -1)},"a"]`)],
  ['lists of tokens, the last one wrong', 'embeddings', chat(`"input":${many('[1]', LOOKED_AT).slice(0, -1)},1]`)],
  ['a wrong prompt', 'completions', chat(`"prompt":${many('null', LOOKED_AT)}`)],
  ['fallbacks that are numbers', 'chat.completions', chat(`${MESSAGES},"fallbacks":${many('1', LOOKED_AT)}`)],
  ['fallbacks that are names', 'chat.completions', chat(`${MESSAGES},"fallbacks":${many('"b"', LOOKED_AT)}`)],
  ['fallbacks that are objects', 'chat.completions', chat(`${MESSAGES},"fallbacks":${many('{"a":1}', LOOKED_AT)}`)],
  ['fallbacks of one group', 'chat.completions', chat(`${MESSAGES},"fallbacks":[{"a":${many('1', LOOKED_AT)}}]`)],
  ['fallbacks of many groups', 'chat.completions', chat(`${MESSAGES},"fallbacks":[${keys(LOOKED_AT)}]`)],
  [
    'a fallback with wrong messages',
    'chat.completions',
    chat(`${MESSAGES},"fallbacks":[{"model":"b","messages":${many('1', LOOKED_AT)}}]`),
  ],
  ['unknown fields of a policy', 'chat.completions', chat(`${MESSAGES},"retry_policy":${keys(50_000)}`)],
  ['wrong policies', 'chat.completions', chat(`${MESSAGES},"model_group_retry_policy":${keys(50_000)}`)],
  [
    'policies with unknown fields',
    'chat.completions',
    chat(`${MESSAGES},"model_group_retry_policy":${keys(50_000, '{"DefaultRetriez":1}')}`),
  ],
  ['very many fields', 'chat.completions', chat(`${MESSAGES},${keys(50_000).slice(1, -1)}`)],
  ['a long text for a number', 'chat.completions', chat(`${MESSAGES},"timeout":"${'eyJ-'.repeat(1_000_000)}"`)],
  ['a long name of a field', 'chat.completions', chat(`${MESSAGES},"retry_policy":{"${'k'.repeat(4_000_000)}":1}`)],
  ['a long model', 'chat.completions', `{"model":"${' '.repeat(4_000_000)}",${MESSAGES}}`],
];

/** A shorter time is mostly what else the machine does. */
const NOISE_MS = 50;

/** A multiple of the time of reading. With an issue for each part it was a hundred and more. */
const RATIO = 10;

/** Time of this process, the least of some measurements: what else the machine does only adds. */
function leastMs(work: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

describe.each(BODIES)('%s', (_what, operation, body) => {
  const raw: unknown = JSON.parse(body);

  test('is refused in about the time it takes to read it, with 100 problems at most', () => {
    const { problem } = checkCall(operation, raw);
    expect(problem).not.toBe(null);
    expect(problem?.split('; ').length).toBeLessThanOrEqual(101);
    expect(problem?.length).toBeLessThan(60_000);
    const readMs = leastMs(() => JSON.parse(body));
    expect(leastMs(() => checkCall(operation, raw))).toBeLessThan(Math.max(NOISE_MS, RATIO * readMs));
  });

  test('and so it is as a row of a batch', () => {
    const row = Buffer.from(`{"custom_id":"a","url":"/v1/chat/completions","body":${body}}`);
    const { problem } = checkRow(row, {});
    expect(problem).not.toBe(null);
    const readMs = leastMs(() => JSON.parse(row.toString()));
    expect(leastMs(() => checkRow(row, {}))).toBeLessThan(Math.max(NOISE_MS, RATIO * readMs));
  });
});

test.each([
  ['numbers', `[12345678901234567891,${many('1').slice(1)}`],
  ['objects', `[12345678901234567891,${many('{}').slice(1)}`],
  ['messages', `[12345678901234567891,${many('{"role":"user","content":"hello there"}').slice(1)}`],
])('a number that is too long costs no more than its digits among %s', (_, json) => {
  const readMs = leastMs(() => JSON.parse(json));
  expect(leastMs(() => parseExactJson(json))).toBeLessThan(Math.max(2 * NOISE_MS, RATIO * readMs));
});

test('an object with very many fields is refused without being made', () => {
  const json = keys(300_000);
  const readMs = leastMs(() => JSON.parse(json));
  expect(isCrowdedJson(json)).toBe(true);
  expect(leastMs(() => isCrowdedJson(json))).toBeLessThan(Math.max(NOISE_MS / 2, readMs / 2));
});

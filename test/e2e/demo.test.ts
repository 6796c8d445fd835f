import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { skipWithout } from '../helpers/requirements.js';
import { PATIENCE_MS, startDemo } from './start-demo.js';

/** The part of the output that is about one call. */
function sectionOf(output: string, number: number): string {
  return output.split(/^(?=\d · |What happened)/m).find((section) => section.startsWith(`${number} · `)) ?? '';
}

/** Each ends with the last rows of its ledger and the answer. */
const CALLS = [
  [
    'a 429 with Retry-After and a 500, each on its own budget',
    1,
    [
      /smart +1 +smart-4o +[\d.]+ m?s +RateLimitError \(429\)/,
      /→ retry in 2\.\d s: retry 1 of 5 on RateLimitErrorRetries; the provider asked for 2 s/,
      /smart +2 +smart-4o .*InternalServerError \(500\)/,
      /→ retry .*: retry 1 of 3 on InternalServerErrorRetries/,
      /smart +3 +smart-4o .*answered/,
      /Answer: Gannet/,
    ],
  ],
  [
    'a 500 and a second deployment',
    2,
    [
      /fast +1 +fast-4o-mini .*InternalServerError \(500\)/,
      /→ retry at once: .*another deployment is asked at once/,
      /fast +2 +fast-4\.1-mini .*answered/,
      /Answer: The part by which kelp/,
    ],
  ],
  [
    'a hang',
    3,
    [
      /autocomplete +1 +nano-4\.1 +([4-9]|\d\d)\.\d s +Timeout \(408\)/,
      /→ retry .*: retry 1 of 1 on TimeoutErrorRetries/,
      /autocomplete +2 +nano-4\.1 .*answered/,
    ],
  ],
  [
    'a context window',
    4,
    [
      /fast +1 +fast-4o-mini .*ContextWindowExceededError \(400\)/,
      /→ give up: /,
      /long-context +1 +long-4\.1 .*answered/,
    ],
  ],
  [
    'a fallback to a second group',
    5,
    [
      /autocomplete +2 +nano-4\.1 .*ServiceUnavailableError \(503\)/,
      /→ give up: InternalServerErrorRetries \(1\) is used up/,
      /fast +1 +fast-4o-mini .*answered/,
    ],
  ],
  [
    'a killed worker',
    6,
    [
      /\* kill -9 \d+: the worker is gone, in the middle of attempt 1/,
      /\* Another worker runs, process \d+/,
      /fast +1 +fast-4o-mini +lost/,
      /→ the worker was lost during this attempt; charged to no budget/,
      /fast +2 +fast-4o-mini .*answered/,
    ],
  ],
] as const;

describe.skipIf(skipWithout('temporal-cli'))('npm run demo', { timeout: PATIENCE_MS + 60_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('without a key and a terminal: every call with its ledger, a killed worker, and nothing is left', async () => {
    const demo = startDemo([], { cli: inject('temporalCli')!, folder });
    const code = await demo.ended();
    const output = demo.output();
    expect(code, output).toBe(0);
    for (const [what, number, rows] of CALLS) {
      const section = sectionOf(output, number);
      let from = 0;
      for (const row of rows) {
        const at = section.slice(from).search(row);
        expect(at, `${what}: ${row} in\n${section}`).toBeGreaterThanOrEqual(0);
        from += at;
      }
      expect(section).toMatch(
        new RegExp(`Call (demo-${number}-\\S+) +http://\\S+/namespaces/default/workflows/\\1$`, 'm'),
      );
    }
    expect(output).toContain('6 calls, 6 answered. The provider saw 14 requests.');
    expect(output).toContain('One worker was killed, and no call was lost.');
    expect(output, 'no colours without a terminal').not.toContain('\u001b');
    for (const command of [/server start-dev/, /main\.js worker/]) {
      expect(demo.had()).toContainEqual(expect.stringMatching(command));
    }
    await demo.isGone();
  });

  test.each([
    ['while it starts', 'Holdfast: durable LLM calls'],
    ['in the middle of a call', /RateLimitError \(429\)/],
  ])('Ctrl-C %s ends it all', async (_when, text) => {
    const before = await readdir(folder);
    const demo = startDemo([], { cli: inject('temporalCli')!, folder });
    await demo.said(text);
    demo.interrupt();
    expect(await demo.ended(), demo.output()).toBe(130);
    await demo.isGone();
    expect(await readdir(folder)).toEqual(before);
  });
});

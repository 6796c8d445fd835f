import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readLines } from '../helpers/batch.js';
import { skipWithout } from '../helpers/requirements.js';
import { PATIENCE_MS, startDemo } from './start-demo.js';

describe.skipIf(skipWithout('temporal-cli'))('npm run demo:batch', { timeout: PATIENCE_MS + 60_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-batch-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('1,319 rows, faults of all kinds, a worker that is killed twice: each row is answered, once, in order', async () => {
    const demo = startDemo(['batch'], { cli: inject('temporalCli')!, folder });
    const code = await demo.ended();
    const output = demo.output();
    expect(code, output).toBe(0);
    expect(output).toContain('1,319 rows, 1,319 answered: each once, in the order of the questions.');
    expect(output.match(/\* kill -9 \d+: the worker is gone/g)).toHaveLength(2);
    expect(output).toContain('The worker was killed twice, and nothing was lost.');
    expect(output).toMatch(/Batch demo-batch {2}http:\/\/\S+\/namespaces\/default\/workflows\/demo-batch\n/);
    expect(output).toMatch(/On the way: [^.]*\d+\s+RateLimitError[^.]*\.\s+\d+\s+retries\./);
    expect(output, 'no colours without a terminal').not.toContain('\u001b');

    // What the demo says of itself is looked at once more.
    const [, file = ''] = /^ {2}(\S+output\.jsonl)$/m.exec(output) ?? [];
    const questions = (await readFile('examples/gsm8k/questions.jsonl', 'utf8')).trim().split('\n');
    const ids = questions.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
    expect((await readLines(file)).map(({ custom_id }) => custom_id)).toEqual(ids);
    // 5 % of 1,319, and what was in flight at the kills
    const requests = Number(/The provider saw ([\d,]+) requests/.exec(output)?.[1]?.replace(',', ''));
    expect(requests).toBeGreaterThan(1319 + 40);
    expect(requests).toBeLessThan(1319 + 90 + 2 * 100);
    await demo.isGone();
  });

  test('Ctrl-C in the middle ends it all', async () => {
    const before = await readdir(folder);
    const demo = startDemo(['batch'], { cli: inject('temporalCli')!, folder });
    await demo.said(/Batch demo-batch/);
    demo.interrupt();
    expect(await demo.ended(), demo.output()).toBe(130);
    await demo.isGone();
    expect(await readdir(folder)).toEqual(before);
  });
});

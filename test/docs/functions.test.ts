import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { createJiti } from 'jiti';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as core from '../../src/core.js';
import { codeBlocks, readPage } from './markdown.js';

const FUNCTIONS = readPage('docs/functions.md');
const blocks = codeBlocks(FUNCTIONS);
const examples = blocks.flatMap(({ mark, code, line }, index) =>
  mark === 'run' ? [{ code, line, output: blocks[index + 1]?.code }] : [],
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-docs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Examples import the package by its name. */
const jiti = createJiti(import.meta.url, {
  fsCache: false,
  alias: { 'holdfast/core': fileURLToPath(new URL('../../src/core.ts', import.meta.url)) },
});

test.each(examples)(
  'the example at docs/functions.md:$line prints what stands below it',
  async ({ code, line, output }) => {
    const file = join(folder, `line-${line}.ts`);
    await writeFile(file, code);
    const log = vi.spyOn(console, 'log').mockReturnValue();
    await jiti.import(file);
    const printed = log.mock.calls.map((values) => `${format(...values)}\n`).join('');
    log.mockRestore();
    expect(printed).toBe(output);
  },
);

test('every function and table of holdfast/core is explained', () => {
  for (const name of Object.keys(core)) expect(FUNCTIONS.text).toContain(`\`${name}`);
});

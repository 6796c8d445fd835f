import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outputOf, ROOT } from './outside.js';

/** Loads each entry in both ways, in one process. */
const LOAD_ALL = `
  const require = createRequire(import.meta.url);
  for (const entry of process.argv.slice(1)) {
    const [required, imported] = [require(entry), await import(entry)];
    const others = Object.keys(imported).filter((name) => required[name] !== imported[name]);
    console.log(entry, Object.keys(imported).length > 0, others);
  }`;

test('what CommonJS requires is what ES modules import, one and the same', async () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly exports: object };
  const entries = Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => entry.replace('.', 'holdfast'));
  const code = `import { createRequire } from 'node:module';${LOAD_ALL}`;
  const output = await outputOf(['--input-type=module', '-e', code, ...entries], ROOT);
  expect(output.trim().split('\n')).toEqual(entries.map((entry) => `${entry} true []`));
});

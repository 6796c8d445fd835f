import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** An import that is no type and no promise. */
const IMPORT = /^(?:import|export) (?!type )[^;]*?from '([^']+)';/gms;

/** The packages that a file loads as it is loaded itself, and those that its own imports load. */
function packagesOf(file: URL, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file.href)) return packages;
  seen.add(file.href);
  for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (!from.startsWith('.')) packages.add(from);
    else for (const name of packagesOf(new URL(from.replace(/\.js$/, '.ts'), file), seen)) packages.add(name);
  }
  return packages;
}

const ENTRIES = [
  'cli/main.ts',
  'cli/worker.ts',
  'cli/serve.ts',
  'cli/gateway.ts',
  'cli/dev.ts',
  'index.ts',
  'plugin.ts',
];

test.each(ENTRIES)('%s loads nothing of OpenTelemetry', (entry) => {
  const packages = packagesOf(new URL(`../../src/${entry}`, import.meta.url));
  expect(packages.size).toBeGreaterThan(0);
  expect([...packages].filter((name) => name.includes('opentelemetry'))).toEqual([]);
});

test('the workflows of those who have no traces know nothing of them; those for traces are a bundle of their own', () => {
  const bundle = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
  // The text itself would fill the log of a failure.
  expect(readFileSync(bundle('workflow-bundle.cjs'), 'utf8').includes('node_modules/@opentelemetry/')).toBe(false);
  expect(existsSync(bundle('traced-workflow-bundle.cjs'))).toBe(true);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Entry {
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Entry> };

/** The folders that Node looks into from a package, from its own to the root's. */
function lookups(path: string): string[] {
  const parent = path.lastIndexOf('node_modules/');
  return parent === -1 ? [path] : [`${path}/`, ...lookups(path.slice(0, parent))];
}

test('each optional dependency has its entry: without the binaries of other platforms `npm ci` fails there', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !lookups(path).some((folder) => `${folder}node_modules/${name}` in lock.packages))
      .map((name) => `${path} wants ${name}`),
  );
  expect(missing).toEqual([]);
});

test('no entry names the host it came from: any registry will do', () => {
  expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

// Builds, and packs what would be published, holdfast and @holdfast/client: npm run pack -- --out DIR
import './on-node.mjs';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { makeClientPackage } from './client-package.mjs';
import { isMain, npmCommand, ROOT, runQuietly } from './run.mjs';

export async function pack(report, out) {
  await build(report, { ifStale: true });
  mkdirSync(out, { recursive: true });
  const client = mkdtempSync(join(tmpdir(), 'holdfast-client-'));
  try {
    await makeClientPackage(client);
    const packing = [...npmCommand(), 'pack', '--ignore-scripts', '--pack-destination', out];
    await runQuietly('packing', [...packing, ROOT, client], report);
  } finally {
    rmSync(client, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  try {
    const { values } = parseArgs({ options: { out: { type: 'string' } } });
    if (values.out === undefined) throw new Error('say where to: npm run pack -- --out DIR');
    await pack((line) => console.log(line), resolve(values.out));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

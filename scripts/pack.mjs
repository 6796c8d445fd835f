// Builds, and packs what would be published: npm run pack -- --out DIR
import './on-node.mjs';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { isMain, npmCommand, runQuietly } from './run.mjs';

export async function pack(report, out) {
  await build(report, { ifStale: true });
  mkdirSync(out, { recursive: true });
  await runQuietly('packing', [...npmCommand(), 'pack', '--pack-destination', out], report);
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

// Changes the rules one place at a time, and runs their tests. Stryker has a folder of its own: nobody else needs it.
import './on-node.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, runInForeground } from './run.mjs';

const FOLDER = join('test', 'mutation');
const STRYKER = join(FOLDER, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');

async function main(args) {
  if (!existsSync(STRYKER)) {
    const failed = await runInForeground([...npmCommand(), 'ci', '--prefix', FOLDER, '--no-audit', '--no-fund']);
    if (failed !== 0) return failed;
  }
  return runInForeground([process.execPath, STRYKER, 'run', join(FOLDER, 'stryker.config.json'), ...args]);
}

process.exitCode = await main(process.argv.slice(2));

import './on-node.mjs';
import { join } from 'node:path';
import { runInForeground } from './run.mjs';

const hooks = ['--import', 'tsx', '--import', './test/sim/hooks.mjs'];
process.exitCode = await runInForeground([
  process.execPath,
  ...hooks,
  join('scripts', 'sim.ts'),
  ...process.argv.slice(2),
]);

import './on-node.mjs';
import { join } from 'node:path';
import { runInForeground } from './run.mjs';

// What is made in a step is rarely needed after it: with room for it, it is not copied on.
const hooks = ['--max-semi-space-size=64', '--import', './test/sim/hooks.mjs'];
process.exitCode = await runInForeground([
  process.execPath,
  ...hooks,
  join('scripts', 'sim.ts'),
  ...process.argv.slice(2),
]);

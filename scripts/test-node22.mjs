// The tests that tell whether the oldest supported major version of Node still does: the rules, the replay of recorded
// histories, and what CommonJS requires. Where this Node is another one, a Node 22 is fetched.
import './on-node.mjs';
import { join } from 'node:path';
import { nodeOf, releaseOf } from './node-release.mjs';
import { setupAndRun } from './setup.mjs';

const node = process.versions.node.startsWith('22.')
  ? process.execPath
  : await nodeOf(releaseOf('22'), (line) => console.log(line));
const vitest = join('node_modules', 'vitest', 'vitest.mjs');
await setupAndRun([
  node,
  vitest,
  'run',
  'test/core',
  'test/replay',
  'test/package/commonjs.test.ts',
  ...process.argv.slice(2),
]);

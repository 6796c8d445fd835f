import { join } from 'node:path';
import { setupAndRun } from './setup.mjs';

await setupAndRun([process.execPath, join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)]);

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setupAndRun } from './setup.mjs';

// Each file of tests has a process of its own, and they load the same modules.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');

await setupAndRun([process.execPath, join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)]);

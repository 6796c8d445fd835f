import { join } from 'node:path';
import { setupAndRun } from './setup.mjs';

await setupAndRun([process.execPath, '--import', 'tsx', join('scripts', 'python-env.ts'), ...process.argv.slice(2)]);

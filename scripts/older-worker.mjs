import { join } from 'node:path';
import { setupAndRun } from './setup.mjs';

await setupAndRun([process.execPath, '--import', 'tsx', join('scripts', 'older-worker.ts'), ...process.argv.slice(2)]);

import { join } from 'node:path';
import { setupAndRun } from './setup.mjs';

await setupAndRun([process.execPath, '--import', 'tsx', join('scripts', 'go-programs.ts'), ...process.argv.slice(2)]);

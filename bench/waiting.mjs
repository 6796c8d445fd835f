import { join } from 'node:path';
import { setupAndRun } from '../scripts/setup.mjs';

await setupAndRun([process.execPath, '--import', 'tsx', join('bench', 'waiting.ts'), ...process.argv.slice(2)]);

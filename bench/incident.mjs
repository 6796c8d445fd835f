import { join } from 'node:path';
import { setupAndRun } from '../scripts/setup.mjs';

await setupAndRun([process.execPath, '--import', 'tsx', join('bench', 'incident.ts'), ...process.argv.slice(2)]);

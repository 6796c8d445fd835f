// Tells of the dependencies of production: how many, which have install scripts, and known advisories, as the registry
// has them.
//
//   npm run audit
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { auditReport, type Lock, type NpmAudit } from './audit-report.js';
import { npmCommand } from './run.mjs';

const [npm, ...npmArgs] = npmCommand();
const { stdout } = spawnSync(npm, [...npmArgs, 'audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
const { lines, fails } = auditReport(lock, parsed(stdout));
for (const line of lines) console.log(line);
if (fails) {
  console.error('A production dependency has an advisory that is high or critical: upgrade it.');
  process.exitCode = 1;
}

function parsed(text: string): NpmAudit | null {
  try {
    return JSON.parse(text) as NpmAudit;
  } catch {
    return null;
  }
}

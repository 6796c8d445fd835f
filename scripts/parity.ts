// Runs parity cases against the real thing: client, server, worker, and a scripted upstream over HTTP.
//
//   npm run parity [-- FILE] [--only ID,…]
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readCases } from '../test/parity/case-file.js';
import { runCases, type CaseResult } from '../test/parity/run-case.js';
import { caseOptions, chosen } from './case-options.js';
import { openServers, runToExit, type AtTheEnd } from './case-servers.js';

const HELP = `npm run parity -- [FILE] [options]

  FILE               cases (default: test/parity/cases.json)
  --only ID,…        these cases only
  --concurrency N    cases at a time (default: 4)

With TEMPORAL_ADDRESS that server is used, else one is started for the run.`;

const OWN_CASES = fileURLToPath(new URL('../test/parity/cases.json', import.meta.url));

async function main(args: string[], atTheEnd: AtTheEnd): Promise<number> {
  const options = caseOptions(args, HELP, 4);
  if (options === null) return 0;
  const { files, only, concurrency } = options;
  const [file = OWN_CASES] = files;
  if (files.length > 1) throw new Error(`expected one FILE, got ${files.join(', ')}`);
  const cases = chosen(readCases(await readFile(file, 'utf8'), file), only);
  const environment = await openServers(atTheEnd);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await runCases(cases, environment, concurrency, (result) => {
    counts[result.outcome] += 1;
    show(result);
  });
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

function show({ id, what, outcome, lines, elapsedMs }: CaseResult): void {
  if (outcome === 'skipped') console.log(`skip  ${id}  ${lines.join('; ')}`);
  else console.log(`${outcome === 'passed' ? 'pass' : 'FAIL'}  ${id}  ${(elapsedMs / 1000).toFixed(1)} s  ${what}`);
  if (outcome === 'failed') for (const line of lines) console.log(`        ${line}`);
}

await runToExit('parity', (atTheEnd) => main(process.argv.slice(2), atTheEnd));

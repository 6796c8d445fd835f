// Runs parity cases against the real thing: client, server, worker, and a scripted upstream over HTTP.
//
//   npm run parity [-- FILE] [--only ID,…]
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCases, type FileCase } from '../test/parity/case-file.js';
import { runCases, type CaseResult } from '../test/parity/run-case.js';
import { openServers, runToExit, type AtTheEnd } from './case-servers.js';

const HELP = `npm run parity -- [FILE] [options]

  FILE               cases (default: test/parity/cases.json)
  --only ID,…        these cases only
  --concurrency N    cases at a time (default: 4)

With TEMPORAL_ADDRESS that server is used, else one is started for the run.`;

const OWN_CASES = fileURLToPath(new URL('../test/parity/cases.json', import.meta.url));

async function main(args: string[], atTheEnd: AtTheEnd): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true },
      concurrency: { type: 'string', default: '4' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new Error('--concurrency: expected a number from 1');
  if (positionals.length > 1) throw new Error(`expected one FILE, got ${positionals.join(', ')}`);
  // npm runs scripts in the folder of the project, and says where it was itself.
  const file = positionals[0] === undefined ? OWN_CASES : resolve(process.env['INIT_CWD'] ?? '.', positionals[0]);
  const cases = chosen(readCases(await readFile(file, 'utf8'), file), values.only);
  const environment = await openServers(atTheEnd);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await runCases(cases, environment, concurrency, (result) => {
    counts[result.outcome] += 1;
    show(result);
  });
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

function chosen(cases: FileCase[], only: readonly string[] | undefined): FileCase[] {
  if (only === undefined) return cases;
  const ids = only.flatMap((list) => list.split(',')).map((id) => id.trim());
  const unknown = ids.filter((id) => !cases.some((fileCase) => fileCase.id === id));
  if (unknown.length > 0) throw new Error(`--only: the file has no case ${unknown.join(', ')}`);
  return cases.filter(({ id }) => ids.includes(id));
}

function show({ id, what, outcome, lines, elapsedMs }: CaseResult): void {
  if (outcome === 'skipped') console.log(`skip  ${id}  ${lines.join('; ')}`);
  else console.log(`${outcome === 'passed' ? 'pass' : 'FAIL'}  ${id}  ${(elapsedMs / 1000).toFixed(1)} s  ${what}`);
  if (outcome === 'failed') for (const line of lines) console.log(`        ${line}`);
}

await runToExit('parity', (atTheEnd) => main(process.argv.slice(2), atTheEnd));

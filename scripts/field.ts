// Runs field cases, what programs and providers really send, against the real thing: gateway, server, worker, and an
// upstream that sends raw bytes.
//
//   npm run field [-- FILE…] [--only ID,…]
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCases, type FieldCase } from '../test/field/case-file.js';
import { FieldRun, type CaseResult } from '../test/field/run-cases.js';
import { openServers, runToExit, type AtTheEnd } from './case-servers.js';

const HELP = `npm run field -- [FILE…] [options]

  FILE               answers, context texts or rows as JSON, or a folder of configs (default: all of test/field)
  --only ID,…        these cases only
  --concurrency N    cases at a time (default: 8)

With TEMPORAL_ADDRESS that server is used, else one is started for the run.`;

const OWN_FILES = ['answers.json', 'more-answers.json', 'context-texts.json', 'rows/rows.json', 'configs'].map((name) =>
  fileURLToPath(new URL(`../test/field/${name}`, import.meta.url)),
);

async function main(args: string[], atTheEnd: AtTheEnd): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true },
      concurrency: { type: 'string', default: '8' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new Error('--concurrency: expected a number from 1');
  // npm runs scripts in the folder of the project, and says where it was itself.
  const given = positionals.map((file) => resolve(process.env['INIT_CWD'] ?? '.', file));
  const cases = chosen((given.length > 0 ? given : OWN_FILES).flatMap(readCases), values.only);
  const run = await FieldRun.open(cases, await openServers(atTheEnd));
  atTheEnd(() => run.close());
  const waiting = [...cases];
  let failed = 0;
  const runNext = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await run.run(next);
      if (result.lines.length > 0) failed += 1;
      show(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runNext));
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function chosen(cases: FieldCase[], only: readonly string[] | undefined): FieldCase[] {
  if (only === undefined) return cases;
  const ids = only.flatMap((list) => list.split(',')).map((id) => id.trim());
  const unknown = ids.filter((id) => !cases.some((each) => each.id === id));
  if (unknown.length > 0) throw new Error(`--only: no file has a case ${unknown.join(', ')}`);
  return cases.filter(({ id }) => ids.includes(id));
}

function show({ id, what, lines, elapsedMs }: CaseResult): void {
  console.log(`${lines.length === 0 ? 'pass' : 'FAIL'}  ${id}  ${(elapsedMs / 1000).toFixed(1)} s  ${what}`);
  for (const line of lines) console.log(`        ${line}`);
}

await runToExit('field', (atTheEnd) => main(process.argv.slice(2), atTheEnd));

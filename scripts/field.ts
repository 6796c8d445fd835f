// Runs field cases, what programs and providers really send, against the real thing: gateway, server, worker, and an
// upstream that sends raw bytes.
//
//   npm run field [-- FILE…] [--only ID,…]
import { readCases } from '../test/field/case-file.js';
import { OWN_FILES } from '../test/field/own-files.js';
import { FieldRun, type CaseResult } from '../test/field/run-cases.js';
import { caseOptions, chosen } from './case-options.js';
import { openServers, runToExit, type AtTheEnd } from './case-servers.js';

const HELP = `npm run field -- [FILE…] [options]

  FILE               answers, context texts or rows as JSON, or a folder of configs (default: all of test/field)
  --only ID,…        these cases only
  --concurrency N    cases at a time (default: 8)

With TEMPORAL_ADDRESS that server is used, else one is started for the run.`;

async function main(args: string[], atTheEnd: AtTheEnd): Promise<number> {
  const options = caseOptions(args, HELP, 8);
  if (options === null) return 0;
  const { files, only, concurrency } = options;
  const cases = chosen((files.length > 0 ? files : OWN_FILES.map(({ path }) => path)).flatMap(readCases), only);
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

function show({ id, what, lines, elapsedMs }: CaseResult): void {
  console.log(`${lines.length === 0 ? 'pass' : 'FAIL'}  ${id}  ${(elapsedMs / 1000).toFixed(1)} s  ${what}`);
  for (const line of lines) console.log(`        ${line}`);
}

await runToExit('field', (atTheEnd) => main(process.argv.slice(2), atTheEnd));

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  indexInput,
  knownModel,
  readProblems,
  TokenCounter,
  TokenEstimate,
  type RowProblem,
} from '../../batch/index.js';
import { loadConfig } from '../../config/index.js';
import { MAX_SKIPPED_ROWS, type InputIndex } from '../../core/batch/batch.js';
import { openStorage } from '../../storage/index.js';
import { exitCode, type ExitCode } from '../exit-codes.js';
import { findConfig } from '../find-config.js';
import { pairs, table } from '../table.js';
import { problemLines } from './problem-lines.js';
import { count } from '../../core/batch/batch-text.js';
import { locationOf, readableInput, rowSettings, type SubmitOptions } from './submit-options.js';

/** Checks an input as a worker under this config would, and tells what is in it. Nothing is left behind. */
export async function dryRun(file: string, options: SubmitOptions): Promise<ExitCode> {
  const config = findConfig(options.config);
  const { routing } = await loadConfig(config, { requireKeys: false, lenient: options.lenient });
  const path = await mkdtemp(join(tmpdir(), 'holdfast-dry-run-'));
  try {
    const folder = locationOf(path);
    const storage = openStorage();
    const estimate = options.estimate === true ? new TokenEstimate(await TokenCounter.load(), routing) : null;
    const index = await indexInput({
      storage,
      input: await readableInput(file, storage, folder),
      folder,
      chunkRows: options.chunkRows,
      settings: rowSettings(options),
      check: knownModel(routing),
      ...(estimate !== null && { countTokens: (call, request) => estimate.take(call, request) }),
    });
    const problems = await readProblems({ storage, folder });
    const found = { index, problems, config, estimate };
    console.log(options.json === true ? json(found) : text(found));
    const mayRun = index.problems === 0 || (options.skipInvalid === true && index.problems <= MAX_SKIPPED_ROWS);
    return exitCode(mayRun ? 'ok' : 'badInput');
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** What the check found. */
interface Found {
  readonly index: InputIndex;
  readonly problems: readonly RowProblem[];
  readonly config: string;
  readonly estimate: TokenEstimate | null;
}

function json({ index, problems: listed, config, estimate }: Found): string {
  const { rows, bytes, problems, groups, promptTokens } = index;
  const tokens = estimate === null ? {} : { tokens: estimate.groups };
  return JSON.stringify({ config, rows, bytes, problems, listed, groups, promptTokens, ...tokens }, null, 2);
}

function text({ index, problems: listed, config, estimate }: Found): string {
  const { rows, bytes, problems, groups, promptTokens } = index;
  const shown = problemLines(listed);
  const perGroup = Object.entries(groups).map(([group, number]) => `${count(number)} for ${group}`);
  return [
    pairs([
      ['rows', `${count(rows)}, ${count(bytes)} bytes`],
      ['model groups', perGroup.join(', ')],
      ['prompts', `${estimate === null ? 'about ' : ''}${count(promptTokens)} tokens`],
      ['problems', problems === 0 ? `none under ${config}` : `${count(problems)} rows cannot be run under ${config}`],
    ]),
    ...(estimate === null ? [] : ['', tokenTable(estimate), '']),
    ...shown.lines,
    ...(problems > shown.rows ? [`  … and ${count(problems - shown.rows)} more`] : []),
  ].join('\n');
}

function tokenTable({ groups }: TokenEstimate): string {
  const rows = Object.entries(groups).map(([group, { rows: number, tokens, largest }]) => [
    group,
    count(number),
    count(tokens),
    count(Math.round(tokens / number)),
    count(largest),
  ]);
  return table(['MODEL GROUP', 'ROWS', 'TOKENS', 'A ROW', 'LARGEST'], rows);
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import { assembleOutput, readIndex, readOutputRows, readSummary, type BatchSummary } from '../../batch/index.js';
import { batchFolder } from '../../core/batch/batch.js';
import { locationIn, openFiles, shownLocation, type Storage } from '../../storage/index.js';
import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples, note } from '../examples.js';
import { pairs } from '../table.js';
import { duration } from '../times.js';
import { UsageError } from '../usage-error.js';
import { outputFiles } from './output-files.js';
import { count } from '../../core/batch/batch-text.js';
import { dataSettingsOf } from '../with-client.js';
import { outputOf } from './output-of.js';
import { csvLines } from './results-csv.js';
import { ID_HELP } from './with-batch.js';

interface ResultsOptions extends GlobalOptions {
  partial?: true;
  json?: true;
  format?: 'csv';
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .option('--partial', 'put together what is there of a batch that runs, in the folder "partial" of its output')
    .option('--json', 'print the summary and the names of the files as JSON')
    .addOption(
      new Option('--format <format>', 'print the rows instead, those that were answered first').choices(['csv']),
    )
    .addHelpText('after', note('Reads the files itself. Given the output folder, it needs no server.'))
    .addHelpText(
      'after',
      examples(
        'holdfast batch results answers',
        'holdfast batch results answers --partial',
        'holdfast batch results answers --format csv > answers.csv',
      ),
    )
    .action(async (id: string) => {
      const options = command.optsWithGlobals<ResultsOptions>();
      const storage = openFiles((await dataSettingsOf(options)).keys);
      const output = await outputOf(id, storage, options);
      const { folder, summary } = await (options.partial === true ? partial : whole)(output, storage);
      if (options.format === 'csv') {
        await pipeline(Readable.from(csvLines(readOutputRows(storage, folder))), process.stdout, { end: false });
        return;
      }
      const files = outputFiles(folder);
      console.log(options.json === true ? JSON.stringify({ ...summary, files }, null, 2) : text(summary, files));
    });
};

interface Results {
  readonly folder: string;
  readonly summary: BatchSummary;
}

async function whole(output: string, storage: Storage): Promise<Results> {
  const summary = await readSummary(storage, output);
  if (summary !== null) return { folder: output, summary };
  throw new UsageError(
    `${shownLocation(output)} has no output yet; --partial puts together what is there, \`holdfast batch status\` says more`,
  );
}

async function partial(output: string, storage: Storage): Promise<Results> {
  const own = batchFolder(output);
  // Every row has an answer: the output is whole, and there are no parts any more.
  if ((await readSummary(storage, own)) !== null) return whole(output, storage);
  const index = await readIndex({ storage, folder: own });
  if (index === null) {
    throw new UsageError(`${shownLocation(output)} has nothing of a batch yet: its input is not checked`);
  }
  // Beside the output: a batch that ends meanwhile writes that itself.
  const folder = locationIn(output, 'partial');
  const summary = await assembleOutput({ storage, folder: own, out: folder, index, partial: true });
  return { folder, summary };
}

function text(summary: BatchSummary, files: ReturnType<typeof outputFiles>): string {
  const { rows, answered, failed, notRun, errors, retries, fallbacks, tokens, startedAt, endedAt } = summary;
  const tookMs = startedAt === null || endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);
  const kinds = Object.entries(errors).map(([kind, number]) => `${count(number)} ${kind}`);
  return pairs([
    ['rows', `${count(rows)}: ${count(answered)} answered, ${count(failed)} failed, ${count(notRun)} without an end`],
    ...(kinds.length === 0 ? [] : [['failed', kinds.join(', ')] as const]),
    ['retries', `${count(retries)}, fallbacks ${count(fallbacks)}`],
    ['tokens', `${count(tokens.prompt)} + ${count(tokens.completion)} = ${count(tokens.total)}`],
    ...(tookMs === null
      ? []
      : [['took', `${duration(tookMs)}, from the first attempt to the end of the last`] as const]),
    ['output', files.output],
    ['errors', files.errors],
    ['summary', files.summary],
  ]);
}

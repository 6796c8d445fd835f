import { stat } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { claimFolder, spoolInput } from '../../batch/index.js';
import { BATCH_DEFAULTS, batchIdOf, type BatchOptions } from '../../client/batch-client.js';
import type { FallbackSettings } from '../../client/request-types.js';
import { batchFolder, type BatchSpec } from '../../core/batch/batch.js';
import { openFiles, toLocation, type Storage } from '../../storage/index.js';
import type { GlobalOptions } from '../configure-command.js';
import { CONFIG_HELP } from '../find-config.js';
import { LENIENT_HELP } from '../lenient.js';
import { seconds, wholeNumber } from '../option-values.js';
import { UsageError } from '../usage-error.js';
import { dataSettingsOf } from '../with-client.js';

export interface SubmitOptions extends GlobalOptions {
  out?: string;
  id?: string;
  mode: BatchSpec['mode'];
  concurrency: number;
  groupConcurrency?: Readonly<Record<string, number>>;
  chunkRows: number;
  priority: number;
  numRetries?: number;
  fallbacks?: FallbackSettings;
  timeout?: number;
  maxTokensTotal?: number;
  skipInvalid?: true;
  webhook?: string;
  dryRun?: true;
  estimate?: true;
  config?: string;
  lenient?: true;
  json?: true;
}

/** The argument and the options of commands that start a batch. */
export function addSubmitOptions(command: Command): Command {
  const { mode, concurrency, chunkRows, priority } = BATCH_DEFAULTS;
  return command
    .argument('<file>', 'the rows: a path, - for standard input, or a URL that the workers can read; plain or gzip')
    .option('--out <folder>', 'gets the output: a path or a URL that the workers can write; each batch has its own')
    .option('--id <id>', 'id of the batch (default: made from the output folder)')
    .addOption(
      new Option('--mode <mode>', 'workflow: each row a call of its own; packed: only rows that need a retry')
        .choices(['auto', 'workflow', 'packed'])
        .default(mode, 'auto: workflow up to 1,000 rows'),
    )
    .option('--concurrency <n>', 'rows in flight at once', wholeNumber(1), concurrency)
    .option('--group-concurrency <group=n>', 'rows of a model group in flight at once; may be repeated', groupLimit)
    .option('--chunk-rows <n>', 'rows handled by one activity', wholeNumber(1), chunkRows)
    .option('--priority <n>', 'from 1, first, to 5, last; calls have 3', wholeNumber(1, 5), priority)
    .option('--num-retries <n>', 'num_retries of rows that do not set it', wholeNumber(0))
    .option('--fallbacks <groups>', 'fallbacks of rows that do not set them: groups with commas, or JSON', fallbacks)
    .option('--timeout <seconds>', 'timeout of rows that do not set it', seconds({ zero: false }))
    .option('--max-tokens-total <n>', 'pause when so many tokens are used', wholeNumber(1))
    .option('--skip-invalid', 'rows that cannot be run fail, and the others are run; else nothing is run then')
    .option('--webhook <name>', 'the webhook of the config that is told of the batch')
    .option('--dry-run', 'only check the rows, here and under this config, and count them; needs no server')
    .option('--estimate', "for --dry-run: count the tokens of the prompts by OpenAI's tokenizer")
    .option('--config <file>', `for --dry-run: ${CONFIG_HELP}`)
    .option('--lenient', `for --dry-run: ${LENIENT_HELP}`);
}

/** What the client is asked for. Standard input is kept in the output folder first. */
export async function batchOptions(file: string, options: SubmitOptions): Promise<BatchOptions> {
  const { out, id, mode, concurrency, groupConcurrency, chunkRows, priority, maxTokensTotal, skipInvalid, webhook } =
    options;
  if (out === undefined) throw new UsageError('say where the output goes: --out FOLDER');
  const output = locationOf(out);
  const storage = openFiles((await dataSettingsOf(options)).keys);
  if (isPath(out) && (await storage.size(output)) !== null) {
    throw new UsageError(`--out ${out} is a file: name a folder, which need not be there yet`);
  }
  const folder = batchFolder(output);
  // What is kept of standard input must not replace that of another batch.
  if (file === '-') await claimFolder({ storage, folder, out: output, batchId: id ?? batchIdOf(out) });
  return {
    input: await readableInput(file, storage, folder),
    output: out,
    batchId: id,
    mode,
    concurrency,
    groupConcurrency,
    chunkRows,
    priority,
    ...rowSettings(options),
    maxTokensTotal,
    skipInvalid,
    webhook,
  };
}

/** Request settings for rows that do not set them. */
export function rowSettings({ numRetries, fallbacks: groups, timeout }: SubmitOptions) {
  return { num_retries: numRetries, fallbacks: groups, timeout };
}

/**
 * Where the rows can be read.
 * @param folder gets what comes from standard input
 */
export async function readableInput(file: string, storage: Storage, folder: string): Promise<string> {
  if (file === '-') return spoolInput({ storage, folder, source: process.stdin, name: 'standard input' });
  const input = locationOf(file);
  if (isPath(file) && (await storage.size(input)) === null) throw new UsageError(await noFile(file));
  return input;
}

async function noFile(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder
    ? `${path} is a folder: name the file with the rows`
    : `there is no file ${path} here. One that only the workers see is named by a URL, file:///…`;
}

function isPath(text: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

export function locationOf(text: string): string {
  try {
    return toLocation(text, process.cwd());
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function groupLimit(text: string, others: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected GROUP=NUMBER.');
  return { ...others, [text.slice(0, at)]: wholeNumber(1)(text.slice(at + 1)) };
}

function fallbacks(text: string): FallbackSettings {
  if (!/^\s*[[{]/.test(text)) {
    const groups = text.split(',').map((group) => group.trim());
    return groups.filter((group) => group !== '');
  }
  try {
    // The client checks what it is.
    return JSON.parse(text) as FallbackSettings;
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

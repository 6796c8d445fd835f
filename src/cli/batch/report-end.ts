import { ownerOf, readProblems } from '../../batch/index.js';
import { isCallError } from '../../client/errors.js';
import { batchFolder, type BatchStatus } from '../../core/batch/batch.js';
import { openFiles, StorageError, type Storage } from '../../storage/index.js';
import { exitCode, type ExitCode } from '../exit-codes.js';
import { printable } from '../printable.js';
import { pairs } from '../table.js';
import { duration } from '../times.js';
import { outputFiles } from './output-files.js';
import { problemLines } from './problem-lines.js';
import { count } from '../../core/batch/batch-text.js';
import type { FoundBatch } from './with-batch.js';

/** Says how a batch ended, where its output is, and what can be done. */
export async function reportEnd(
  { client, handle }: FoundBatch,
  status: BatchStatus,
  { json }: { json?: true },
): Promise<ExitCode> {
  const { batchId, state } = status;
  if (state === 'failed') return reportFailure(handle.result(), openFiles(client.keys), status);
  if (json !== true) {
    const { startedAt, closedAt } = await client.batches.find(batchId);
    console.log(endText(status, (closedAt ?? new Date()).getTime() - startedAt.getTime()));
  }
  const again = `holdfast batch retry-failed ${batchId}`;
  switch (state) {
    case 'completed with errors':
      console.error(`Run the rows again that failed: ${again}`);
      return exitCode('rowsFailed');
    case 'cancelled':
      console.error(`Go on with the rows that have no answer: ${again}`);
      return exitCode('batchCancelled');
    default:
      return exitCode('ok');
  }
}

function endText({ state, rows, counts, spec }: BatchStatus, tookMs: number): string {
  const { answered, failed, tokens } = counts;
  const { output, errors, summary } = outputFiles(spec.output);
  return [
    `${state}: ${count(answered)} of ${count(rows ?? 0)} rows answered, ${count(failed)} failed, ${count(tokens.total)} tokens, in ${duration(tookMs)}`,
    pairs([['output', output], ...(failed > 0 ? [['errors', errors] as const] : []), ['summary', summary]]),
  ].join('\n');
}

async function reportFailure(
  result: Promise<unknown>,
  storage: Storage,
  { batchId, spec }: BatchStatus,
): Promise<ExitCode> {
  const error: unknown = await result.catch((thrown: unknown) => thrown);
  if (!isCallError(error)) throw error;
  console.error(`holdfast: ${printable(error.message)}`);
  if (error.kind !== 'BadRequestError') {
    console.error(`What is done: holdfast batch results ${batchId} --partial`);
    return exitCode('callFailed');
  }
  const problems = await problemsIn(storage, batchFolder(spec.output), batchId);
  const { lines, rows } = problemLines(problems);
  for (const line of lines) console.error(line);
  if (problems.length > rows) console.error('  … and more, which are in that file');
  return exitCode('badInput');
}

/** None where this machine does not see the files, as the message says where they are; nor in another batch's folder. */
async function problemsIn(storage: Storage, folder: string, batchId: string) {
  try {
    return (await ownerOf(storage, folder)) === batchId ? await readProblems({ storage, folder }) : [];
  } catch (error) {
    if (error instanceof StorageError) return [];
    throw error;
  }
}

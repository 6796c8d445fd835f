import { shownLocation } from '../common/location.js';
import type { BatchEnding } from './batch-progress.js';
import { BAD_INPUT, batchFolder, MAX_SKIPPED_ROWS, type InputIndex } from './batch.js';
import type { LlmBatchInput } from './llm-batch-input.js';

/** How a batch ends before any money is spent on an input that is not right, or not what it was; null: it goes on. */
export function refusedInput(
  { problems, sha256 }: InputIndex,
  { spec, expectedSha256 }: Pick<LlmBatchInput, 'spec' | 'expectedSha256'>,
): BatchEnding | null {
  const name = shownLocation(spec.input);
  const most = spec.skipInvalid === true ? MAX_SKIPPED_ROWS : 0;
  if (problems > most) {
    const list = `${shownLocation(batchFolder(spec.output))}/problems.jsonl`;
    const why = most > 0 ? ` (at most ${most} are skipped)` : '';
    return badInput(`${problems} rows of ${name} cannot be run, and none was${why}: see ${list}`);
  }
  if (expectedSha256 !== null && expectedSha256 !== sha256) {
    return badInput(`${name} has changed since the batch was first started: it must be what it was`);
  }
  return null;
}

function badInput(message: string): BatchEnding {
  return { state: 'failed', type: BAD_INPUT, message, hasOutput: false };
}

import { z } from 'zod';
import { inputConflict } from '../batch/index.js';
import { checkCall } from '../config/index.js';
import { concurrencyProblem } from '../core/batch/batch-window.js';
import type { BatchSpec } from '../core/batch/batch.js';
import { shownLocation } from '../storage/index.js';

const count = (least: number, most: number) => z.int().min(least).max(most);

const SPEC = z.object({
  mode: z.enum(['auto', 'workflow', 'packed']),
  groupConcurrency: z.record(z.string(), count(1, 10_000)),
  chunkRows: count(1, 1_000),
  priority: count(1, 5),
  maxTokensTotal: count(1, Number.MAX_SAFE_INTEGER).nullable(),
});

/** What is wrong with a batch, in a sentence; null: nothing that can be known before its rows are read. */
export function checkBatch(spec: BatchSpec): string | null {
  const checked = SPEC.safeParse(spec);
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return `the options of the batch are not valid: ${problems.join('; ')}`;
  }
  const tooMany = concurrencyProblem(spec.concurrency, spec.mode);
  if (tooMany !== null) return `the options of the batch are not valid: ${tooMany}`;
  const conflict = inputConflict(spec.input, spec.output);
  if (conflict !== null) return `${shownLocation(spec.input)} ${conflict}`;
  const request = { model: 'any', messages: [{ role: 'user', content: 'any' }], ...spec.settings };
  const { problem } = checkCall('chat.completions', request);
  return problem === null ? null : `the settings for the rows: ${problem}`;
}

import { concurrencyProblem } from '../../core/batch/batch-window.js';
import type { BatchStatus, ChunkTail, ChunkTrouble, ResumeOptions } from '../../core/batch/batch.js';

/** A signal cannot be refused: one that is none of ours is nothing. */
export function isChunkTail(tail: unknown): tail is ChunkTail {
  if (typeof tail !== 'object' || tail === null) return false;
  return 'chunk' in tail && 'inFlight' in tail && typeof tail.chunk === 'number' && typeof tail.inFlight === 'number';
}

export function isChunkTrouble(message: unknown): message is ChunkTrouble {
  if (typeof message !== 'object' || message === null || !('chunk' in message) || !('trouble' in message)) return false;
  return typeof message.chunk === 'number' && (typeof message.trouble === 'string' || message.trouble === null);
}

export function checkReason(reason: unknown): void {
  if (typeof reason === 'string') return;
  throw new Error(`reason: expected a text, got ${JSON.stringify(reason)}`);
}

/** Going on without tokens would spend some all the same. */
export function checkBudget({ maxTokensTotal }: ResumeOptions, { counts, spec }: BatchStatus): void {
  const limit = maxTokensTotal === undefined ? spec.maxTokensTotal : maxTokensTotal;
  const used = counts.tokens.total;
  if (limit === null || used < limit) return;
  throw new Error(`max_tokens_total: ${limit} is not more than the ${used} tokens that are used already`);
}

export function checkConcurrency(concurrency: unknown, { mode }: BatchStatus): void {
  const problem = concurrencyProblem(concurrency, mode);
  if (problem !== null) throw new Error(problem);
}

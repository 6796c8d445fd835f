import { setHandler } from '@temporalio/workflow';
import type { BatchEvent } from '../../core/batch/batch-events.js';
import type { BatchStatus, ResumeOptions } from '../../core/batch/batch.js';
import { cutText } from '../../core/common/text.js';
import {
  chunkTail,
  chunkTrouble,
  isPausedQuery,
  pause,
  resume,
  setConcurrency,
  statusQuery,
} from './batch-messages.js';
import { checkBudget, checkConcurrency, checkReason, isChunkTail, isChunkTrouble } from './check-messages.js';

/** The longest reason of a pause. */
const MAX_REASON = 500;

/** A batch, as far as messages concern it. */
interface MessagedBatch {
  status(): BatchStatus;
  /** Takes what is told. */
  take(event: BatchEvent): void;
  /** Takes it at once: where the batch stands then. */
  apply(event: BatchEvent): Promise<BatchStatus>;
}

/** Has a batch take the messages that are sent to its workflow, once they are checked. */
export function takeMessages(batch: MessagedBatch): void {
  setHandler(statusQuery, () => batch.status());
  setHandler(isPausedQuery, () => batch.status().state === 'paused');
  setHandler(chunkTail, (tail: unknown) => {
    if (isChunkTail(tail)) batch.take({ type: 'chunk in tail', chunk: tail.chunk, inFlight: tail.inFlight });
  });
  setHandler(chunkTrouble, (message: unknown) => {
    if (!isChunkTrouble(message)) return;
    const trouble = message.trouble === null ? null : cutText(message.trouble, MAX_REASON);
    batch.take({ type: 'chunk in trouble', chunk: message.chunk, trouble });
  });
  setHandler(pause, (reason) => batch.apply({ type: 'pause', reason: cutText(reason, MAX_REASON) }), {
    validator: checkReason,
  });
  setHandler(resume, ({ maxTokensTotal } = {}) => batch.apply({ type: 'resume', ...definedLimit(maxTokensTotal) }), {
    validator: (options = {}) => checkBudget(options, batch.status()),
  });
  setHandler(setConcurrency, (concurrency) => batch.apply({ type: 'set concurrency', concurrency }), {
    validator: (concurrency) => checkConcurrency(concurrency, batch.status()),
  });
}

function definedLimit(maxTokensTotal: number | null | undefined): ResumeOptions {
  return maxTokensTotal === undefined ? {} : { maxTokensTotal };
}

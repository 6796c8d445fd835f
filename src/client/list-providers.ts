import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { providerBoardId, PROVIDERS } from '../core/deployments/board-messages.js';
import type { BoardStatus } from '../core/deployments/board-status.js';
import { askWorkflow } from '../temporal/ask-workflow.js';
import { TemporalUnavailableError } from '../temporal/errors.js';
import { pollersOf } from './pollers.js';

const NOTHING: BoardStatus = { deployments: [], holds: [] };

/** A board whose worker was lost answers when another has it, a few seconds later. */
const ANSWERS_WITHIN_MS = 10_000;

/**
 * What the board of a task queue shows; nothing, where none runs: nobody has called for minutes.
 * @throws TemporalUnavailableError where no worker is there to answer for it
 */
export async function boardOf(client: Client, taskQueue: string, nowMs: number): Promise<BoardStatus> {
  const board = client.workflow.getHandle(providerBoardId(taskQueue));
  try {
    const { status } = await board.describe();
    if (status.name !== 'RUNNING') return NOTHING;
    if ((await pollersOf(client, taskQueue, nowMs)).length === 0) throw nobodyAnswers(taskQueue);
    return await client.withDeadline(nowMs + ANSWERS_WITHIN_MS, () => askWorkflow<BoardStatus>(board, PROVIDERS));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return NOTHING;
    throw error;
  }
}

function nobodyAnswers(taskQueue: string): TemporalUnavailableError {
  return new TemporalUnavailableError(
    `no worker polls task queue "${taskQueue}": how the providers stand is told by one. Start one with \`holdfast worker\``,
  );
}

import type { ActivateInput, WorkflowInternalsInterceptor } from '@temporalio/workflow';
import { TASK_BEGINS_AGAIN } from '../core/common/task-begins-again.js';
import { watchPolls } from './call/stream-host.js';

type Activation = ActivateInput['activation'];

/** The id that the SDK gives to a query that comes without a workflow task. */
const WITHOUT_TASK = 'legacy_query';

/**
 * A query goes to a worker that does not have the workflow when the one that has it is frozen or gone. Its history then
 * ends with events whose workflow task has not begun, and Temporal's core lets the workflow run on those. When the task
 * begins, with more events by then, the workflow would go on from there: it would have taken two steps where each later
 * replay takes one, with its commands in another order, and no task of it would succeed any more.
 *
 * So the step after such a query fails: the worker forgets the workflow, and the server gives the task again.
 */
class QueryGuard {
  /** The workflow's time, which is that of its last task. */
  private time = '';
  /** Whether the last step was made without a task of its own. */
  private isAhead = false;
  /** Whether it was made for a query. */
  private isForQuery = false;

  /** @throws Error when the step must not be made */
  before({ activation, batchIndex }: ActivateInput): void {
    const queries = (activation.jobs ?? []).flatMap(({ queryWorkflow }) => queryWorkflow ?? []);
    if (queries.some(({ queryId }) => queryId === WITHOUT_TASK)) this.isForQuery = this.isAhead;
    if (queries.length === 0 && batchIndex === 0) this.stepTo(activation);
  }

  private stepTo(activation: Activation): void {
    const time = timeOf(activation);
    // Without a new time it is for a query again, which has seen yet more.
    if (this.isForQuery && time !== this.time) throw new Error(TASK_BEGINS_AGAIN);
    // The result of a local activity is a step within a task. So is that of an activity that is cancelled before it was
    // scheduled: a task after a query fails once then, without need.
    this.isAhead = activation.isReplaying !== true && time === this.time && !hasLocalResult(activation);
    this.time = time;
  }
}

function timeOf({ timestamp }: Activation): string {
  return `${String(timestamp?.seconds)}.${timestamp?.nanos}`;
}

function hasLocalResult({ jobs }: Activation): boolean {
  return jobs?.some(({ resolveActivity }) => resolveActivity?.isLocal === true) ?? false;
}

export function queryGuard(): WorkflowInternalsInterceptor {
  const guard = new QueryGuard();
  return {
    activate(input, next) {
      guard.before(input);
      watchPolls(input.activation);
      next(input);
    },
  };
}

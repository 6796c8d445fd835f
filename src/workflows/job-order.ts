import type {
  ActivateInput,
  WorkflowInternalsInterceptor,
  WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

/** A command that something is waited for of. */
export interface Command {
  /** The job that tells that it was begun; of a child only. */
  readonly started: string;
  /** The job that tells that it has ended. */
  readonly ended: string;
}

/** The job that tells that the workflow is to be cancelled. */
export const CANCEL = 'cancel';

/** The jobs of this activation by their place in it. A module is loaded for each workflow. */
let places: ReadonlyMap<string, number> = new Map();

/** The command that was given last. */
let last: Command | null = null;

/**
 * Gives a command, and says which one it was.
 * @param give - gives it before it returns
 */
export function commandOf<T>(give: () => T): { readonly given: T; readonly command: Command | null } {
  last = null;
  const given = give();
  return { given, command: last };
}

/**
 * The place of a job among those of its activation, which is that of its event in the history. Promises that resolve in
 * one activation come to their ends in another order: some have a longer way there.
 * @returns -1 for what is no job of this activation, so that it comes before what is
 */
export function placeOf(job: string | undefined): number {
  return (job === undefined ? undefined : places.get(job)) ?? -1;
}

function jobsOf({ resolveActivity, fireTimer, ...job }: Job): string[] {
  const { resolveChildWorkflowExecutionStart: started, resolveChildWorkflowExecution: ended, cancelWorkflow } = job;
  return [
    ...(resolveActivity ? [`activity ${resolveActivity.seq}`] : []),
    ...(fireTimer ? [`timer ${fireTimer.seq}`] : []),
    ...(started ? [`start of child ${started.seq}`] : []),
    ...(ended ? [`child ${ended.seq}`] : []),
    ...(cancelWorkflow ? [CANCEL] : []),
  ];
}

function keep(kind: 'activity' | 'timer' | 'child', seq: number): void {
  last = { started: `start of ${kind} ${seq}`, ended: `${kind} ${seq}` };
}

/** Sees the jobs of each activation. */
export const seesJobs: WorkflowInternalsInterceptor = {
  activate(input, next) {
    places = new Map((input.activation.jobs ?? []).flatMap(jobsOf).map((job, place) => [job, place]));
    next(input);
  },
};

/** Sees the commands that something may be waited for of. */
export const seesCommands: WorkflowOutboundCallsInterceptor = {
  scheduleActivity(input, next) {
    keep('activity', input.seq);
    return next(input);
  },
  startTimer(input, next) {
    keep('timer', input.seq);
    return next(input);
  },
  startChildWorkflowExecution(input, next) {
    keep('child', input.seq);
    return next(input);
  },
};

import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  defineUpdate,
  patched,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import {
  CALL_ACTION_NAMES,
  CALL_ACTIONS,
  isDoneAlready,
  noteOfAction,
  problemOfAction,
  refusalOfAction,
  type ActionInput,
  type CallAction,
} from '../../core/call/call-actions.js';
import type { LedgerEntry } from '../../core/ledger/ledger.js';
import type { CallPlan } from '../../core/plan/call-plan.js';
import type { GroupProgress } from '../../core/retries/progress.js';

const { groupNow, pauseGroup, resumeGroup, cancelCall } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 3 },
});

/** An action that ends the activity of the group, or of the gate before it: what follows is the call's affair. */
export interface TakingAction {
  readonly action: 'retry-now' | 'skip' | 'use' | 'replan' | 'answer' | 'fail' | 'approve' | 'deny';
  readonly input: ActionInput;
  /** What the group had told when it was taken. */
  readonly progress: GroupProgress | null;
  /** Of `replan`, and of `use` where the plan has no such group. */
  readonly plan: CallPlan | null;
}

/** What a call lets its actions do. */
export interface ControlledCall {
  /** Resolves the plan anew, for another model where one is given. */
  readonly planAnew: (model?: string) => Promise<CallPlan>;
  readonly extend: (input: ActionInput) => void;
  /** Why an action that its group may take cannot be; null: it can. */
  readonly refusal: (action: CallAction, input: ActionInput) => string | null;
  readonly hasGroup: (group: string) => boolean;
  readonly paused: (input: ActionInput) => void;
}

/** Takes what people do to a call, while one of its groups runs. */
export class CallControl {
  private readonly call: ControlledCall;
  private running: { readonly group: string; readonly scope: CancellationScope } | null = null;
  private taken: TakingAction | null = null;
  private notes: LedgerEntry[] = [];
  private acting = 0;
  /** Whether somebody has paused the group, and not resumed it. */
  private isPaused = false;

  constructor(call: ControlledCall) {
    this.call = call;
    for (const action of CALL_ACTION_NAMES) {
      setHandler(defineUpdate<undefined, [ActionInput]>(action), (input) => this.handle(action, input), {
        validator: (input) => refuse(problemOfAction(action, input)),
        description: CALL_ACTIONS[action].description,
      });
    }
  }

  /** Runs the activity of a group such that an action can end it; then it fails as cancelled, and `takeAction` says by what. */
  async runGroup<T>(group: string, run: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope();
    this.running = { group, scope };
    this.isPaused = false;
    try {
      return await scope.run(run);
    } finally {
      this.running = null;
      // What is being done to the group belongs into the ledger that is about to be told.
      if (this.acting > 0 && patched('acts-before-end-of-group')) await this.settled();
    }
  }

  /** The action that ended the activity of the group, if one did. */
  takeAction(): TakingAction | null {
    const { taken } = this;
    this.taken = null;
    return taken;
  }

  /** What was done to the call since it was asked last, for its ledger. */
  takeNotes(): readonly LedgerEntry[] {
    const { notes } = this;
    this.notes = [];
    return notes;
  }

  /** Before a call ends, those who act on it are answered. */
  async settled(): Promise<void> {
    if (this.acting > 0) await CancellationScope.nonCancellable(() => condition(() => this.acting === 0));
  }

  private async handle(action: CallAction, input: ActionInput): Promise<undefined> {
    this.acting += 1;
    try {
      await this.act(action, input);
    } catch (error) {
      throw error instanceof ActivityFailure ? refused(error.cause?.message ?? error.message) : error;
    } finally {
      this.acting -= 1;
    }
  }

  private async act(action: CallAction, input: ActionInput): Promise<void> {
    const { running } = this;
    if (running === null) throw refused('the call is between its groups, or has not begun one: ask again in a moment');
    const { group, scope } = running;
    refuse(this.call.refusal(action, input));
    const plan = await this.planFor(action, input);
    const now = await groupNow();
    if (this.running !== running || now === null) throw refused(`group ${group} came to its end meanwhile`);
    if (this.taken !== null) throw refused(`the call was told to ${this.taken.action} a moment ago`);
    const isDone = isDoneAlready(action, input, now, this.isPaused);
    if (!isDone) refuse(refusalOfAction(action, now.state));
    switch (action) {
      case 'pause':
        if (!isDone) await pauseGroup({ ...input, group });
        this.isPaused = true;
        this.call.paused(input);
        break;
      case 'resume':
        if (!isDone) await resumeGroup({ ...input, group });
        this.isPaused = false;
        break;
      case 'extend':
        this.call.extend(input);
        break;
      case 'cancel':
        await cancelCall();
        break;
      default:
        this.taken = { action, input, progress: now.progress, plan };
        scope.cancel();
    }
    this.notes.push(noteOfAction(action, input, group, Date.now()));
  }

  private async planFor(action: CallAction, { group }: ActionInput): Promise<CallPlan | null> {
    if (action === 'replan') return this.call.planAnew();
    if (action !== 'use' || group === undefined || this.call.hasGroup(group)) return null;
    return this.call.planAnew(group);
  }
}

function refuse(why: string | null): void {
  if (why !== null) throw refused(why);
}

/** Fails the Update alone: the call goes on as before. */
function refused(why: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'ActionRefused', message: why, nonRetryable: true });
}

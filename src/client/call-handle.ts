import {
  isGrpcServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Clock } from '../clock.js';
import { problemOfAction, type ActionInput, type CallAction } from '../core/call/call-actions.js';
import type { CallResult } from '../core/call/call-types.js';
import type { WhoAndWhy } from '../core/common/who-and-why.js';
import { awaitResult } from '../temporal/await-result.js';
import { cancelWorkflow } from '../temporal/cancel-workflow.js';
import { explainTemporalError, GRPC } from '../temporal/errors.js';
import { failureOfStop, failureToldBy } from '../temporal/stopped-call.js';
import { withPatience, type PatienceOptions } from '../temporal/patience.js';
import { placeOf, type TemporalSettings } from '../temporal/settings.js';
import { untilAborted } from '../temporal/until-aborted.js';
import { describeCall, NoCallError, workflowOfCall, type CallDescription } from './describe-call.js';
import type { DrivenCall } from './first-task-driver.js';
import { forgetCall, type ForgottenCall } from './forget-call.js';
import { callError, errorOfFailure, isCallError, type CallError } from './errors.js';
import { inspectCall, workflowPauseLine, type CallInspection } from './inspect-call.js';

/** An action waits so long for a worker. */
const ACTION_TIMEOUT_MS = 30_000;
const CANCEL_TIMEOUT_MS = 5_000;

export interface WaitOptions extends PatienceOptions {
  /** Ends the waiting, with the signal's reason; the call goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a call from its start. */
interface StartedCall {
  readonly clock: Clock;
  /** The run that was started; null: the call was there before. @default null */
  readonly startedRunId?: string | null;
  /** The answer by this process's own first attempt; null when the call goes on as any other. @default there was none */
  readonly driven?: DrivenCall | null;
  /** Tells of workflows that cannot be read in full, too. */
  readonly looking: Client;
}

/** A call that was started, here or elsewhere, now or before. */
export class CallHandle<Response = unknown> {
  /** The id of the call, which is its workflow id. */
  readonly callId: string;
  /** The run that was started for this handle; null: the call was there before. */
  readonly startedRunId: string | null;
  private readonly client: Client;
  private readonly looking: Client;
  private readonly settings: TemporalSettings;
  private readonly workflow: WorkflowHandle;
  private readonly driven: DrivenCall | null;
  private readonly clock: Clock;

  /** @internal */
  constructor(client: Client, settings: TemporalSettings, callId: string, started: StartedCall) {
    this.callId = callId;
    this.startedRunId = started.startedRunId ?? null;
    this.driven = started.driven ?? null;
    this.clock = started.clock;
    this.client = client;
    this.looking = started.looking;
    this.settings = settings;
    this.workflow = client.workflow.getHandle(callId);
  }

  /**
   * Waits for the answer, also while the Temporal server is away for up to a minute.
   * @throws CallError of the class of the error kind, with the ledger
   * @throws TemporalUnavailableError when Temporal stays away; the call itself goes on
   */
  async result({ signal, patienceMs }: WaitOptions = {}): Promise<CallResult<Response>> {
    const { driven } = this;
    const answered = driven === null ? null : await untilAborted(signal, () => driven.answer);
    if (answered !== null) return answered as CallResult<Response>;
    const wait = () => (signal === undefined ? this.wait() : this.client.withAbortSignal(signal, () => this.wait()));
    return withPatience(() => this.guarded(wait, this.callId), { signal, patienceMs });
  }

  /**
   * Asks the call to stop: a request in flight is aborted, a wait ends, and the call ends as cancelled.
   * @param who - for its ledger; it stands in the history, too, in plain text. @default nobody says
   */
  async cancel(who?: WhoAndWhy): Promise<void> {
    if ((await this.driven?.stop()) === true) return;
    const { client, callId, workflow } = this;
    await this.guarded(async () => {
      if (who === undefined) await workflow.cancel();
      else await cancelWorkflow(client, callId, `by ${who.by}: ${who.why}`);
    });
  }

  /**
   * Acts on the call while it runs: docs/actions.md.
   * @throws CallError BadRequestError where the input is none, ConflictError where the call does not take the action now, and
   * why; Timeout where no worker has taken it within 30 s: it may still be
   */
  async act(action: CallAction, input: ActionInput): Promise<void> {
    const { callId } = this;
    const problem = problemOfAction(action, input);
    if (problem !== null) throw callError({ kind: 'BadRequestError', message: problem, callId });
    if (action === 'cancel') await this.cancelBy(input);
    else await this.update(action, input, ACTION_TIMEOUT_MS);
  }

  /** A cancellation needs no worker, and is taken between two groups, too. */
  private async cancelBy(input: ActionInput): Promise<void> {
    try {
      await this.update('cancel', input, CANCEL_TIMEOUT_MS);
    } catch (error) {
      const { state } = await this.describe();
      if (!isCallError(error) || state !== 'running') throw error;
      await this.cancel(input);
    }
  }

  private async update(action: CallAction, input: ActionInput, timeoutMs: number): Promise<void> {
    await this.guarded(async () => {
      // Other workflows have Updates of the same names: a batch can be paused, too.
      await workflowOfCall(this.looking, this.callId);
      try {
        await this.client.withDeadline(this.clock.now() + timeoutMs, () =>
          this.workflow.executeUpdate(action, { args: [input] }),
        );
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw await this.notRunning(error);
        throw isRefused(error) ? await this.pausedWorkflow(error) : this.refusedAction(action, error, timeoutMs);
      }
    });
  }

  /**
   * Deletes the call, which must be over, and what belongs to it, for good: docs/operations.md#forget-calls.
   * The server has taken it when this ends, and does it within a minute.
   * @throws CallError ConflictError while it runs, NotFoundError where there is none
   */
  async forget(): Promise<ForgottenCall> {
    return this.guarded(() => forgetCall(this.looking, this.callId, this.clock));
  }

  /** The call at a glance: its state, its group, what it waits for. */
  async describe(): Promise<CallDescription> {
    return (
      (await this.driven?.inspect()) ?? this.guarded(() => describeCall(this.looking, this.callId, this.clock.now()))
    );
  }

  /** The call with its whole ledger, also while it runs. */
  async inspect(): Promise<CallInspection> {
    return (
      (await this.driven?.inspect()) ?? this.guarded(() => inspectCall(this.looking, this.callId, this.clock.now()))
    );
  }

  private refusedAction(action: CallAction, error: unknown, timeoutMs: number): unknown {
    const { callId } = this;
    if (error instanceof WorkflowUpdateFailedError) {
      const why = reasonOf(error, action);
      return callError({ kind: 'ConflictError', message: `call ${callId}: ${why}`, callId, cause: error });
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      const message = `no worker took "${action}" of call ${callId} within ${timeoutMs / 1000} s; it is taken when one does`;
      return callError({ kind: 'Timeout', message, callId, cause: error });
    }
    return error;
  }

  /** Temporal refuses Updates of a workflow that is paused by its own means. */
  private async pausedWorkflow(error: unknown): Promise<unknown> {
    const { callId } = this;
    const { workflowPause } = await this.describe();
    if (workflowPause === null) return error;
    const message = `call ${callId}: ${workflowPauseLine(workflowPause)}`;
    return callError({ kind: 'ConflictError', message, callId, cause: error });
  }

  /** Of a call that is over and of none at all the server says the same. */
  private async notRunning(error: WorkflowNotFoundError): Promise<unknown> {
    const { callId } = this;
    const { state } = await this.describe();
    if (state === 'running') return error;
    return callError({ kind: 'ConflictError', message: `call ${callId} is over: ${state}`, callId, cause: error });
  }

  private async wait(): Promise<CallResult<Response>> {
    try {
      return await awaitResult(this.workflow);
    } catch (error) {
      throw error instanceof WorkflowFailedError ? await this.errorOf(error) : error;
    }
  }

  private async errorOf(error: WorkflowFailedError): Promise<CallError> {
    const { callId } = this;
    const told = failureToldBy(error.cause);
    if (told !== undefined) return errorOfFailure(told, callId, error);
    // A call that was stopped from outside could not say what it had been through: its history does.
    const { ledger, stoppedBy } = await this.inspect();
    return callError({ ...failureOfStop(error.cause, callId, stoppedBy), callId, ledger, cause: error });
  }

  private async guarded<T>(ask: () => Promise<T>, hint?: string): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw this.explain(error, hint);
    }
  }

  private explain(error: unknown, hint: string | undefined): unknown {
    if (isCallError(error)) return error;
    if (error instanceof NoCallError) {
      return callError({ kind: 'NotFoundError', message: error.message, callId: this.callId, cause: error });
    }
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') {
      const message = `there is no call ${this.callId} in namespace "${this.settings.namespace}": it never ran, or was kept long enough`;
      return callError({ kind: 'NotFoundError', message, callId: this.callId, cause: error });
    }
    return explainTemporalError(error, placeOf(this.settings), hint);
  }
}

/** What the SDK of a worker says of an Update that its workflows do not have. */
const UNKNOWN_UPDATE = 'No registered handler for update';

function reasonOf({ cause, message }: WorkflowUpdateFailedError, action: CallAction): string {
  const why = cause?.message ?? message;
  if (!why.startsWith(UNKNOWN_UPDATE)) return why;
  return `the worker that has the call does not know "${action}": it runs an older version of Holdfast. Upgrade the workers, and ask again`;
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return isGrpcServiceError(cause) && cause.code === GRPC.FAILED_PRECONDITION;
}

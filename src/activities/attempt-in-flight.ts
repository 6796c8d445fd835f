import { ActivityCancellationDetails } from '@temporalio/common';
import type { AttemptContext, GroupAttemptDeps } from './attempt-context.js';
import { GroupAttempt } from './group-attempt.js';
import { keepOutput } from './keep-output.js';
import { watchLease, type Lease } from './lease.js';
import type { CallModelGroupInput, CallModelGroupOutput } from '../core/call/call-types.js';
import { HEARTBEAT_TIMEOUT_MS } from '../core/call/activity-options.js';
import type { GroupProgress } from '../core/retries/progress.js';

/** How the attempt ended: with an answer, or with what Temporal is told of its end. */
export type AttemptEnd =
  | { readonly type: 'answered'; readonly output: CallModelGroupOutput }
  | { readonly type: 'not answered'; readonly error: unknown };

/** The run of the call that an attempt is made for, as far as it is known. */
export interface AttemptRun {
  readonly callId: string;
  /** As its activity would have it. */
  readonly priority: AttemptContext['info']['priority'] | undefined;
  /** Empty as long as the server has not taken the call. */
  readonly runId: () => string;
  /** Settles when it is known whether the server has taken it: what is told of the attempt names its run. Never rejects. */
  readonly started: Promise<unknown>;
}

/** Why an attempt is stopped, in Temporal's words. */
export type StopReason = ConstructorParameters<typeof ActivityCancellationDetails>[0];

/**
 * The first attempt of a call, made beside its first workflow task: as its activity would make it, and going on in that
 * activity where it lasts.
 */
export class AttemptInFlight {
  /** Settles when the attempt has ended; never rejects. */
  readonly end: Promise<AttemptEnd>;
  readonly #deps: GroupAttemptDeps;
  readonly #attempt: GroupAttempt;
  readonly #lease: Lease;
  readonly #cancellation = new AbortController();
  #details: ActivityCancellationDetails | undefined;
  #begun: GroupProgress | null = null;
  #isOver = false;

  constructor(deps: GroupAttemptDeps, input: CallModelGroupInput, run: AttemptRun) {
    this.#deps = deps;
    // Whoever finds that this process has the call no more stops the attempt while it waits for that.
    this.#lease = watchLease(deps.clock, { heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS }, () => undefined);
    this.#attempt = new GroupAttempt(deps, { ...input, body: input.body ?? {} }, this.#context(run), this.#lease);
    this.end = this.#make(run);
  }

  /** What the group has been through so far. */
  get progress(): GroupProgress {
    return this.#attempt.soFar;
  }

  /** What it had been through when the provider was asked, or so far: what whoever cannot go on with it knows of it. */
  get begun(): GroupProgress {
    return this.#begun ?? this.progress;
  }

  /** Whether the provider was asked. */
  get hasAsked(): boolean {
    return this.#begun !== null;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Aborts the request to the provider; nothing of it is charged.
   * @param error - what the attempt ends with, where its reason has no error of its own
   */
  stop(reason: StopReason, error: unknown = new Error('the attempt was stopped')): void {
    if (this.#isOver || this.#cancellation.signal.aborted) return;
    this.#details = new ActivityCancellationDetails(reason);
    this.#cancellation.abort(error);
  }

  async #make(run: AttemptRun): Promise<AttemptEnd> {
    const { started } = run;
    try {
      const target = await this.#attempt.prepare();
      const asking = this.#attempt.ask(target);
      this.#begun = this.progress;
      const outcome = await asking;
      await started;
      if (outcome.facts !== null) throw this.#attempt.failed(outcome.facts, target);
      const output = this.#attempt.answered(outcome, target);
      await keepOutput(this.#deps, output, this.#context(run), () => this.progress);
      return { type: 'answered', output };
    } catch (error) {
      return { type: 'not answered', error };
    } finally {
      this.#lease.end();
      this.#isOver = true;
    }
  }

  #context({ callId, priority, runId }: AttemptRun): AttemptContext {
    const details = (): ActivityCancellationDetails | undefined => this.#details;
    return {
      info: {
        attempt: 1,
        heartbeatDetails: undefined,
        ...(priority !== undefined && { priority }),
        get workflowExecution() {
          return { workflowId: callId, runId: runId() };
        },
      },
      // Whoever goes on with the attempt as an activity sends what is to be kept.
      heartbeat: () => undefined,
      cancellationSignal: this.#cancellation.signal,
      get cancellationDetails() {
        return details();
      },
    };
  }
}

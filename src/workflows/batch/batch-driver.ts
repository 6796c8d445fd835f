import { CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  patched,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchCommand, BatchEvent } from '../../core/batch/batch-events.js';
import {
  batchMode,
  pauseOf,
  progressOfNextRun,
  startBatch,
  type BatchProgress,
  type BatchWork,
  type SingleWork,
} from '../../core/batch/batch-progress.js';
import type { BatchOrder } from '../../core/batch/batch-receive.js';
import { batchStatus } from '../../core/batch/batch-status.js';
import { step } from '../../core/batch/batch-step.js';
import {
  BATCH_EXPIRED,
  batchFolder,
  MEMO_INPUT,
  type BatchResult,
  type BatchStatus,
  type InputIndex,
  type NamedRow,
  type RowPlace,
} from '../../core/batch/batch.js';
import type { LlmBatchInput } from '../../core/batch/llm-batch-input.js';
import type { BatchFiles } from '../../core/call/row-source.js';
import type { WebhookEvent } from '../../core/plan/webhooks.js';
import { CANCEL, commandOf } from '../job-order.js';
import { settled } from '../settled.js';
import { Webhooks } from '../webhooks.js';
import { batchActivities, type BatchActivities } from './batch-activities.js';
import { BoundsByEvents, BoundsByTask, type BatchBounds } from './batch-bounds.js';
import { endOfCall, startRowCall } from './batch-calls.js';
import { BatchDisplay } from './batch-display.js';
import { batchFailure, workFailure } from './batch-failure.js';
import { anIndex } from './batch-input.js';
import { BatchInbox } from './batch-inbox.js';
import { toldBatch } from './told-batch.js';
import { continueBatchAsNew } from './continue-batch-as-new.js';
import { takeMessages } from './take-messages.js';

type CommandOf<T extends BatchCommand['type']> = Extract<BatchCommand, { type: T }>;
type Commands = { readonly [T in BatchCommand['type']]: (command: CommandOf<T>) => void };

/**
 * Makes a batch of Temporal's parts: its commands become activities, calls and timers, and what comes of these its events.
 * What it does follows from the order of the events alone, not from how they were divided into workflow tasks: a replay may
 * divide them in another way (decision 0016).
 */
export class BatchDriver {
  private readonly input: LlmBatchInput;
  private readonly order: BatchOrder;
  private readonly files: BatchFiles;
  private readonly activities: BatchActivities;
  /** Whether it takes a step for each event. Batches that began before take one for all that a workflow task brings. */
  private readonly isByEvent = patched('batch-steps-by-event');
  private readonly bounds: BatchBounds = this.isByEvent ? new BoundsByEvents() : new BoundsByTask();
  private readonly display: BatchDisplay;
  private readonly webhooks = new Webhooks();
  private readonly scope = new CancellationScope({ cancellable: false });
  /** What can be stopped, by its name. */
  private readonly scopes = new Map<BatchWork, CancellationScope>();
  private progress: BatchProgress;
  private readonly inbox = new BatchInbox<BatchEvent | (() => void)>();
  private end: (() => Promise<BatchResult>) | null = null;

  constructor(input: LlmBatchInput) {
    const { spec, round, progress } = input;
    this.input = input;
    this.order = { ...input, keepsGrants: patched('batch-keeps-grants') };
    this.files = {
      batchId: workflowInfo().workflowId,
      round,
      folder: batchFolder(spec.output),
      output: spec.output,
      encryptsOutput: spec.encryptsOutput,
      settings: spec.settings,
      caller: spec.caller,
      webhook: spec.webhook,
    };
    this.activities = batchActivities(spec.priority);
    this.progress = progress ?? startBatch(spec, workflowInfo().startTime.getTime());
    this.display = new BatchDisplay(() => this.status(), this.isByEvent ? this.inbox : null);
  }

  /** Runs the batch to its end. It stops by its own rules: nothing of it is cancelled by Temporal. */
  async run(): Promise<BatchResult> {
    const { cancelRequested } = CancellationScope.current();
    return this.scope.run(async () => {
      cancelRequested.catch(() => this.take({ type: 'cancel', ending: this.cancelled() }, CANCEL));
      takeMessages({
        status: () => this.status(),
        take: (event) => this.take(event),
        apply: (event) => this.apply(event),
      });
      this.expire(this.input.spec.expiresMs);
      this.take({ type: 'begun' });
      while (this.end === null) {
        // All that a workflow task brings is there before this goes on.
        await condition(() => !this.inbox.isEmpty || this.end !== null);
        this.next();
        // What a step begins comes before the next step.
        if (this.isByEvent) await settled();
      }
      this.rest();
      this.display.publish();
      return this.end();
    });
  }

  /** @param job - that told it */
  private take(event: BatchEvent, job?: string): void {
    this.inbox.put(event, job);
  }

  /** Goes on with what came first. */
  private next(): void {
    if (!this.isByEvent) return this.step(this.inbox.takeAll().filter((entry) => typeof entry !== 'function'));
    const first = this.inbox.takeFirst();
    if (typeof first === 'function') first();
    else if (first !== undefined) this.step([first]);
  }

  private rest(): void {
    while (!this.inbox.isEmpty) this.next();
  }

  /** Does what is to be done after what has come, as far as there is room. */
  private step(given: readonly BatchEvent[]): void {
    if (given.length === 0) return;
    const isLong = !this.progress.renews && this.bounds.isLong();
    const events = [...(isLong ? [{ type: 'history is long' } as const] : []), ...given];
    // A message is taken in a scope of its own, which what it begins is not to depend on.
    void this.scope.run(async () => {
      try {
        const { progress, commands } = step(this.order, this.progress, events, this.bounds.room(events));
        const wasPaused = pauseOf(this.progress) !== null;
        this.progress = progress;
        this.bounds.gave(commands.length);
        for (const command of commands) this.give(command);
        if (pauseOf(progress) !== null && !wasPaused) this.tell('batch.paused');
        this.display.show();
      } catch (error) {
        // What goes wrong here would go wrong for ever.
        this.end ??= () => {
          throw error;
        };
      }
    });
  }

  private give<T extends BatchCommand['type']>(command: CommandOf<T>): void {
    const { type }: { type: T } = command;
    this.commands[type](command);
  }

  private readonly commands: Commands = {
    'check input': () => {
      const { spec } = this.input;
      const { input, chunkRows, allowed, skipInvalid, webhook } = spec;
      const work = { files: this.files, input, chunkRows, allowed, skipInvalid, webhook };
      this.work('check', async () => ({
        type: 'input checked',
        index: anIndex(await this.activities.indexBatch(work)),
      }));
    },
    'keep input': ({ sha256 }) => {
      upsertMemo({ [MEMO_INPUT]: sha256 });
      this.display.publish();
    },
    'run chunk': ({ chunk, attempts, known, stopped, groupNames, probes }) => {
      const { files, index } = this;
      const mode = batchMode(this.input.spec, this.progress) ?? 'packed';
      const input = { files, index, mode, chunk, attempts, known, stopped, groupNames, probes };
      const run = () => this.activities.runChunk(input);
      this.work(`chunk ${chunk}`, async () => ({ type: 'chunk read', chunk, result: await run() }));
    },
    'stop chunk': ({ chunk }) => this.stop(`chunk ${chunk}`),
    'start call': ({ row }) => void this.runCall(row),
    'await calls': ({ rows }) => {
      const { batchId } = this.files;
      const ends = () => this.activities.awaitRows({ batchId, rows });
      this.work('await', async () => ({ type: 'calls awaited', ends: await ends() }));
    },
    'stop calls': ({ rows, found }) => {
      const { batchId } = this.files;
      this.work('stop', async () => {
        await this.activities.stopRows({ batchId, rows, found });
        return { type: 'calls stopped' };
      });
    },
    'stop work': ({ work }) => this.stop(work),
    'write output': ({ partial }) => {
      const { files, index } = this;
      this.work('output', async () => {
        const summary = await this.activities.assembleBatch({ files, index, partial });
        const { rows, answered, failed, errors, tokens } = summary;
        const state = failed > 0 ? 'completed with errors' : 'completed';
        const counts = { answered, failed, errors, tokens };
        return { type: 'output written', result: { state, rows, counts, output: files.output } };
      });
    },
    wait: ({ ms }) => this.takeIn(ms, { type: 'waited' }),
    'next task': () => this.takeIn(1, { type: 'next task' }),
    'continue as new': () => {
      this.end = async () => {
        await condition(allHandlersFinished);
        this.rest();
        const progress = progressOfNextRun(this.progress);
        return continueBatchAsNew({ ...this.input, progress }, progress.startedMs);
      };
    },
    end: ({ end }) => {
      this.end = async () => {
        this.tell('batch.ended');
        await this.webhooks.begun();
        if ('rows' in end) return end;
        throw end.state === 'failed' ? batchFailure(end.type, end.message) : new CancelledFailure(end.message);
      };
    },
  };

  private get index(): InputIndex {
    if (this.progress.index === null) throw new Error('the rows of a batch were begun before its input was checked');
    return this.progress.index;
  }

  /** Runs an activity; what comes of it is told to the batch. */
  private work(name: BatchWork, run: () => Promise<BatchEvent>): void {
    const scope = new CancellationScope();
    this.scopes.set(name, scope);
    const { given, command } = commandOf(() => scope.run(run));
    void given
      .catch((error: unknown): BatchEvent => ({ type: 'work failed', work: name, failure: workFailure(error) }))
      .then((event) => {
        this.scopes.delete(name);
        this.take(event, command?.ended);
      });
  }

  private takeIn(ms: number, event: BatchEvent): void {
    const { given, command } = commandOf(() => sleep(ms));
    void given.then(() => this.take(event, command?.ended));
  }

  private stop(work: BatchWork | SingleWork): void {
    this.scopes.get(work)?.cancel();
  }

  private async runCall(named: NamedRow): Promise<void> {
    const place: RowPlace = { row: named.row, chunk: named.chunk };
    const { files, index } = this;
    const from = { files, input: index.input, priority: this.input.spec.priority };
    const { given, command } = commandOf(() => startRowCall(named, from));
    const call = await given;
    if (call === null) return this.take({ type: 'call found', ...place }, command?.started);
    this.take({ type: 'call started', ...place }, command?.started);
    this.take({ type: 'call ended', end: { ...place, ...(await endOfCall(call)) } }, command?.ended);
  }

  private expire(expiresMs: number | undefined): void {
    if (expiresMs === undefined) return;
    const message = `the batch was stopped when its time was over, at ${new Date(expiresMs).toISOString()}`;
    const ending = { state: 'failed', type: BATCH_EXPIRED, message, hasOutput: true } as const;
    this.takeIn(Math.max(1, expiresMs - Date.now()), { type: 'cancel', ending });
  }

  private cancelled() {
    const message = `batch ${this.files.batchId} was cancelled`;
    return { state: 'cancelled', type: 'Cancelled', message, hasOutput: true } as const;
  }

  private status(): BatchStatus {
    return batchStatus(this.progress, { batchId: this.files.batchId, spec: this.input.spec });
  }

  private tell(event: WebhookEvent): void {
    this.webhooks.tell(this.progress.index?.webhooks, event, toldBatch(this.status()));
  }

  /** Where the batch stands once it has taken this. */
  private async apply(event: BatchEvent): Promise<BatchStatus> {
    if (this.isByEvent) {
      const taken = new Promise<void>((resolve) => {
        this.inbox.put(() => {
          this.step([event]);
          resolve();
        });
      });
      if (this.end !== null) this.rest();
      await taken;
    } else {
      this.take(event);
      this.next();
    }
    return this.status();
  }
}

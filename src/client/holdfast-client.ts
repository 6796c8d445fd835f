import { randomUUID } from 'node:crypto';
import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  type ClientInterceptors,
  type Connection,
  type ConnectionLike,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { systemClock, type Clock } from '../clock.js';
import { BACKSTOP_MS } from '../core/call/backstop.js';
import { MEMO_HASH, MEMO_OWNER } from '../core/call/memo.js';
import type { CallResult, LlmCallInput } from '../core/call/call-types.js';
import { fieldsOf } from '../core/common/fields.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import type { KeyRing } from '../encryption/key-ring.js';
import type { BoardStatus, HoldStatus } from '../core/deployments/board-status.js';
import type { Operation } from '../core/common/operations.js';
import { requestLine, type RawRequest } from '../core/plan/request.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import { WorkflowStreams } from '../streaming/workflow-streams.js';
import { abortable } from '../temporal/abortable.js';
import { betweenSteps } from '../temporal/between-steps.js';
import { dataConverter } from '../temporal/data-converter.js';
import { explainStartError, explainTemporalError, startNotAwaited } from '../temporal/errors.js';
import { withPatience } from '../temporal/patience.js';
import { placeOf, temporalSettings, type TemporalOptions, type TemporalSettings } from '../temporal/settings.js';
import { untilAborted } from '../temporal/until-aborted.js';
import { BatchClient } from './batch-client.js';
import { CallHandle } from './call-handle.js';
import type { CallOptions, StartOptions, StreamCallOptions } from './call-options.js';
import { checkRequest } from './check-request.js';
import { callError, isCallError } from './errors.js';
import { fairnessKey } from './fairness-key.js';
import type { DrivenCall, FirstTaskDriver } from './first-task-driver.js';
import { hold, release, type HoldOptions, type ReleaseOptions } from './holds.js';
import { keysInUse, type KeysInUse, type KeysInUseOptions } from './keys-in-use.js';
import { lookingClient } from './looking-client.js';
import { boardOf } from './list-providers.js';
import { listWorkers, type ListedWorker } from './list-workers.js';
import { pollersOf } from './pollers.js';
import {
  countCalls,
  listCalls,
  pageOfCalls,
  type CallFilter,
  type CallPage,
  type ListedCall,
  type ListOptions,
  type PageOptions,
} from './list-calls.js';
import { openConnection } from './open-connection.js';
import { requestHash } from './request-hash.js';
import { timed } from './timing.js';
import { stuckCalls, type StuckCalls } from './stuck-calls.js';
import { readStream } from './read-stream.js';
import type { CallRequest, CallResponse } from './request-types.js';
import type { StreamedOperation, StreamEvent } from './stream-events.js';

/** What a client works with. */
interface Transport {
  readonly connection: ConnectionLike;
  /** Whether a worker in this process takes calls over the same connection: they begin there at once. */
  readonly eager: boolean;
  readonly driver?: FirstTaskDriver | undefined;
  readonly clock: Clock;
  readonly interceptors?: ClientInterceptors | undefined;
  /** How streamed answers come here. @default through the workflows of the calls */
  readonly streams?: Pick<StreamTransport, 'read'> | undefined;
  close(): Promise<void>;
}

export interface ConnectOptions extends TemporalOptions {
  /** Temporal's interceptors of what is started: those of OpenTelemetry put calls into the caller's trace. @default none */
  readonly interceptors?: ClientInterceptors | undefined;
  /** A connection of Temporal's client, which others in the process use, too. `close` leaves it open. @default one of its own */
  readonly connection?: Connection | undefined;
}

/** In lists, the group of a call whose model no config has: with encryption, what a caller wrote there stands in no plain text. */
const UNKNOWN_GROUP = '(unknown)';

/** Who holds, where nobody says so. */
const CLIENT_NAME = 'a client';

/** Starts durable LLM calls and looks at them. Needs Temporal; knows no config and no keys. */
export class HoldfastClient {
  /** Many calls as one job. */
  readonly batches: BatchClient;
  private readonly transport: Transport;
  private readonly client: Client;
  private readonly looking: Client;
  /** Lists also what it has no key for: lists show nothing of what is encrypted. */
  private readonly listing: Client;
  private readonly settings: TemporalSettings;
  private readonly streams: Pick<StreamTransport, 'read'>;
  /** Calls whose first attempt is under way in this process: some of them the server does not know yet. */
  private readonly driven = new Map<string, DrivenCall>();

  private constructor(transport: Transport, settings: TemporalSettings) {
    this.transport = transport;
    const { connection, interceptors } = transport;
    const { namespace } = settings;
    this.client = new Client({
      connection,
      namespace,
      dataConverter: dataConverter(settings),
      ...(interceptors && { interceptors }),
    });
    this.streams = transport.streams ?? new WorkflowStreams(this.client);
    this.looking = lookingClient(connection, settings);
    this.listing = lookingClient(connection, settings, { withoutKeys: true });
    this.settings = settings;
    this.batches = new BatchClient(this.client, { looking: this.looking, listing: this.listing }, settings);
  }

  /**
   * Connects to Temporal.
   * @throws TypeError when a data converter is given: `payloadCodecs` are what changes data on its way
   * @throws TemporalUnavailableError when no server answers or the credentials are refused
   */
  static async connect({ interceptors, ...options }: ConnectOptions = {}): Promise<HoldfastClient> {
    const { settings, ...transport } = await openConnection(options);
    return new HoldfastClient({ ...transport, eager: false, clock: systemClock, interceptors }, settings);
  }

  /**
   * @internal A client on the connection of a worker. `close` leaves the connection open.
   * @param eager - whether that worker runs in this process, on the same task queue: its calls begin without a detour
   * @param driver - makes the first attempts of calls in this process. @default their activities make them
   * @param streams - those of that worker. @default through the workflows of the calls
   */
  static over(
    connection: NativeConnection,
    {
      eager,
      driver,
      interceptors,
      streams,
      ...options
    }: Omit<ConnectOptions, 'connection'> & Pick<Transport, 'eager' | 'driver' | 'streams'>,
  ): HoldfastClient {
    const ofProcess = { eager, driver, interceptors, streams, clock: systemClock };
    const transport = { connection: abortable(connection), ...ofProcess, close: async () => driver?.close() };
    return new HoldfastClient(transport, temporalSettings(options));
  }

  /** @internal What data is encrypted with; undefined: it is not. */
  get keys(): KeyRing | undefined {
    return this.settings.keys;
  }

  /** The largest request that can be kept, in bytes of JSON. */
  get maxRequestBytes(): number {
    return this.settings.externalStorage?.maxPayloadBytes ?? MAX_PAYLOAD_BYTES;
  }

  /**
   * Runs a call and waits for its answer.
   * @throws CallError of the class of the error kind, with the ledger
   */
  async execute<Op extends Operation = 'chat.completions'>(
    request: CallRequest<Op>,
    options: CallOptions<Op> = {},
  ): Promise<CallResult<CallResponse<Op>>> {
    const handle = await this.start(request, options);
    return handle.result();
  }

  /**
   * Starts a call, or joins the one with the same id and request.
   * A `timeout` of the request counts also while no worker takes the call; Temporal then ends it 10 s later.
   * A server that is away is asked again for up to a minute, with the same id: the call is started once.
   * @throws BadRequestError, RequestTooLargeError or ConflictError before anything is started
   * @throws TemporalUnavailableError with the call's id as `workflowId` where the call may have been started
   */
  async start<Op extends Operation = 'chat.completions'>(
    request: CallRequest<Op>,
    options: CallOptions<Op> = {},
  ): Promise<CallHandle<CallResponse<Op>>> {
    const operation = options.operation ?? 'chat.completions';
    const { stream, headers, isKnownModel, ceilings, allowed, webhook, durability = 'always', signal } = options;
    const asked: LlmCallInput = {
      operation,
      request: request as unknown as RawRequest,
      ...(stream && { stream }),
      ...(headers && { headers }),
      ...(isKnownModel === true && { isKnownModel }),
      ...(ceilings && { ceilings }),
      ...(allowed && { allowed }),
      ...(webhook !== undefined && { webhook }),
    };
    const callId = options.idempotencyKey ?? `call-${randomUUID()}`;
    const settings = checkRequest(asked, callId, this.maxRequestBytes);
    await betweenSteps(request);
    const nowMs = this.transport.clock.now();
    const { input, delayMs, timeoutMs } = timed(asked, options, { timeoutMs: settings.timeoutMs, nowMs });
    const isFresh = options.idempotencyKey === undefined;
    const start = { callId, isFresh, hash: requestHash(asked), owner: options.owner, timeoutMs, delayMs };
    await betweenSteps(request);
    const isHidden = this.settings.keys !== undefined && isKnownModel === false;
    const startBy = (given: LlmCallInput, group: string, client = this.client) =>
      withPatience(() => this.startWorkflow(client, given, { ...start, group: isHidden ? UNKNOWN_GROUP : group }), {
        signal,
      });
    const driver = delayMs > 0 ? undefined : this.transport.driver;
    const call = { callId, input, owner: options.owner, isKeyed: !isFresh, durability, start: startBy };
    const driven = driver?.drive(call) ?? null;
    if (driven !== null) this.keep(callId, driven);
    const started = driven?.started ?? startBy(input, String(input.request['model']));
    const runId = await untilAborted(signal, () => started).catch((error: unknown) => {
      throw signal?.aborted === true ? startNotAwaited(callId, error) : error;
    });
    return new CallHandle(this.client, this.settings, callId, {
      startedRunId: runId,
      driven,
      clock: this.transport.clock,
      looking: this.looking,
    });
  }

  /**
   * Makes a call and reads its answer along, as docs/streams.md has it: the attempt, its chunks, and the whole answer. Who joins
   * a call by its key gets its chunks when the answer is there. Whoever stops reading leaves the call as it is.
   * @throws CallError as `execute` does, also after chunks
   */
  async *stream<Op extends StreamedOperation = 'chat.completions'>(
    request: CallRequest<Op>,
    { restart = false, ...options }: StreamCallOptions<Op> = {},
  ): AsyncGenerator<StreamEvent<Op>, void> {
    const operation: Operation = options.operation ?? 'chat.completions';
    const asked = { ...request, stream: true } as CallRequest<Op>;
    const handle = await this.start<Op>(asked, { ...options, stream: { restart } });
    const showsUsage = fieldsOf(fieldsOf(request)['stream_options'])['include_usage'] === true;
    const read = { operation, mayRestart: restart, showsUsage, signal: options.signal };
    yield* readStream(handle, this.streams, read) as AsyncGenerator<StreamEvent<Op>, void>;
  }

  /** A call that was started before. */
  handle<Op extends Operation = 'chat.completions'>(callId: string): CallHandle<CallResponse<Op>> {
    return new CallHandle(this.client, this.settings, callId, {
      driven: this.driven.get(callId) ?? this.transport.driver?.find?.(callId) ?? null,
      clock: this.transport.clock,
      looking: this.looking,
    });
  }

  /**
   * Calls, newest first.
   * @throws TemporalUnavailableError when Temporal cannot be reached or used
   */
  async *list(options: ListOptions = {}): AsyncIterable<ListedCall> {
    try {
      yield* listCalls(this.listing, options, this.transport.clock);
    } catch (error) {
      throw this.explain(error);
    }
  }

  /**
   * Calls as `list` has them, a page at a time.
   * @throws BadRequestError for a `query` that the server does not understand, and an `after` that is none
   */
  async listPage(options: PageOptions = {}): Promise<CallPage> {
    return this.explained(() => pageOfCalls(this.listing, options, this.transport.clock));
  }

  /** How many calls there are; which of them are retried, or for what error, is told by `list` only. */
  async count(filter: Omit<CallFilter, 'retrying' | 'gate' | 'kind'> = {}): Promise<number> {
    return this.explained(() => countCalls(this.listing, filter));
  }

  /** What waits of the calls of the task queue, and for what: an overview for an incident. Takes some seconds. */
  async stuck(): Promise<StuckCalls> {
    return this.explained(() => stuckCalls(this.listing, this.settings.taskQueue, this.transport.clock));
  }

  /**
   * Under which keys of encryption the data of calls and batches is. Needs none of them.
   * @throws TemporalUnavailableError when Temporal cannot be reached or used
   */
  async keysInUse(options: KeysInUseOptions): Promise<KeysInUse> {
    return this.explained(() => keysInUse(this.listing, options));
  }

  /**
   * Whether a worker polls the task queue; without one a call waits.
   * @param taskQueue - @default the client's
   */
  async hasWorkers(taskQueue: string = this.settings.taskQueue): Promise<boolean> {
    const pollers = await this.explained(() => pollersOf(this.client, taskQueue, this.transport.clock.now()));
    return pollers.length > 0;
  }

  /**
   * How the deployments stand that the workers of the task queue had calls for in the last minutes: state, use of limits,
   * success, last error. Needs a worker.
   * @throws TemporalUnavailableError when Temporal cannot be reached or used, or no worker polls
   */
  async providers(): Promise<BoardStatus> {
    return this.onTaskQueue(boardOf);
  }

  /**
   * The workers of the task queue, the oldest first. One that was killed counts for another minute.
   * @throws TemporalUnavailableError when Temporal cannot be reached or used
   */
  async workers(): Promise<ListedWorker[]> {
    return this.onTaskQueue(listWorkers);
  }

  /**
   * Holds a model group or a deployment: within two seconds no worker begins an attempt there, until it is released.
   * @throws NotFoundError for what no config has, BadRequestError for a hold without a reason
   */
  async hold(target: string, { why, by = CLIENT_NAME, divert = false }: HoldOptions): Promise<HoldStatus> {
    const request = { target, why, by, diverts: divert };
    return this.onTaskQueue((client, taskQueue, nowMs) => hold(client, taskQueue, request, nowMs));
  }

  /**
   * Ends a hold. Calls that wait come back at a rate that grows, or at one that stays.
   * @throws NotFoundError for what is not held
   */
  async release(target: string, { perSecond }: ReleaseOptions = {}): Promise<HoldStatus> {
    const request = { target, ...(perSecond !== undefined && { perSecond }) };
    return this.onTaskQueue((client, taskQueue, nowMs) => release(client, taskQueue, request, nowMs));
  }

  private async onTaskQueue<T>(ask: (client: Client, taskQueue: string, nowMs: number) => Promise<T>): Promise<T> {
    return this.explained(() => ask(this.client, this.settings.taskQueue, this.transport.clock.now()));
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  /** Whoever asks for the call by its id meanwhile finds it. */
  private keep(callId: string, driven: DrivenCall): void {
    this.driven.set(callId, driven);
    const over = () => {
      if (this.driven.get(callId) === driven) this.driven.delete(callId);
    };
    driven.answer.then(over, over);
  }

  /** Returns the run that was started; null: the call is there already. */
  private async startWorkflow(
    client: Client,
    input: LlmCallInput,
    { callId, ...options }: StartOptions,
  ): Promise<string | null> {
    const { hash } = options;
    const place = placeOf(this.settings);
    try {
      return await this.startRun(client, input, { callId, ...options });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw explainStartError(error, place, callId);
      const { memo, runId } = await this.describe(callId);
      // Nobody else can have started a call whose id was chosen here: an earlier try did, whose end was not heard.
      if (memo?.[MEMO_HASH] === hash) return options.isFresh ? runId : null;
      const message = `call ${callId} exists with another request. Use another idempotency key, or send the same request`;
      throw callError({ kind: 'ConflictError', message, callId, cause: error });
    }
  }

  private async startRun(
    client: Client,
    input: LlmCallInput,
    { callId, hash, owner, timeoutMs, delayMs, group }: StartOptions,
  ): Promise<string> {
    const { firstExecutionRunId } = await client.workflow.start('llmCall', {
      args: [input],
      taskQueue: this.settings.taskQueue,
      workflowId: callId,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      workflowIdConflictPolicy: 'FAIL',
      memo: { [MEMO_HASH]: hash, ...(owner === undefined ? {} : { [MEMO_OWNER]: owner }) },
      ...(timeoutMs !== undefined && { workflowExecutionTimeout: delayMs + timeoutMs + BACKSTOP_MS }),
      ...(delayMs > 0 && { startDelay: delayMs }),
      ...(owner !== undefined && { priority: { fairnessKey: fairnessKey(owner) } }),
      // A client that takes first tasks itself asks for them itself.
      requestEagerStart: delayMs === 0 && client === this.client && this.transport.eager,
      staticSummary: requestLine(input.operation, input.request),
      typedSearchAttributes: [
        {
          key: defineSearchAttributeKey('HoldfastGroup', SearchAttributeType.KEYWORD),
          value: group,
        },
      ],
    });
    return firstExecutionRunId;
  }

  private async describe(callId: string): Promise<WorkflowExecutionDescription> {
    return this.explained(() => this.looking.workflow.getHandle(callId).describe());
  }

  private async explained<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw this.explain(error);
    }
  }

  private explain(error: unknown): unknown {
    return isCallError(error) ? error : explainTemporalError(error, placeOf(this.settings));
  }
}

import type { DrivenCall } from '../../src/client/first-task-driver.js';
import { parseConfig, type LoadedConfig } from '../../src/config/index.js';
import type { BatchSpec } from '../../src/core/batch/batch.js';
import type { LlmBatchInput } from '../../src/core/batch/llm-batch-input.js';
import type { CallResult, LlmCallInput } from '../../src/core/call/call-types.js';
import type { RawRequest } from '../../src/core/plan/request.js';
import { priorityOf } from '../../src/driven/drive.js';
import { llmBatch } from '../../src/workflows/llm-batch.js';
import { llmCall } from '../../src/workflows/llm-call.js';
import { providerBoard } from '../../src/workflows/provider-board.js';
import { Board } from './board.js';
import { Chance } from './chance.js';
import { CROWD_DEPLOYMENT, CROWD_GROUP, drawCrowd, type Crowd, type CrowdCall } from './crowd.js';
import { drawBatch, drawConfig, drawMoods, drawRequest } from './draw.js';
import { FairWatch } from './fair-watch.js';
import { HoldWatch } from './hold-watch.js';
import { LimitWatch } from './limit-watch.js';
import { MemoryStorage } from './memory-storage.js';
import { Operator } from './operator.js';
import { SimProvider } from './provider.js';
import type { Execution } from './execution.js';
import { Server } from './server.js';
import { VirtualTime, type Process } from './virtual-time.js';
import { StreamReader } from './stream-reader.js';
import { SimWorker } from './worker.js';
import type { Workflow } from './workflow-run.js';

export interface WorldOptions {
  readonly seed: number;
  readonly calls: number;
  readonly batches: number;
}

export interface SimCall {
  readonly who: string;
  readonly request: RawRequest;
  /** Undefined: nobody's in particular. */
  readonly owner: string | undefined;
  readonly beganMs: number;
  /** Null: it has no workflow, or not yet. */
  execution: Execution | null;
  /** The process that drives its first attempt; null: none does. */
  process: Process | null;
  /** What its caller was told by the process that drives it; null: nothing yet, or nothing at all. */
  answer: CallResult | null;
  /** It was cancelled before it had a workflow. */
  isStopped: boolean;
  /** Who reads its answer along; null: nobody does. */
  readonly reader: StreamReader | null;
}

export interface SimBatch {
  readonly spec: BatchSpec;
  readonly rows: readonly string[];
  readonly execution: Execution;
}

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
/** New work and faults come within this time; then all may come to its end. */
const BUSY_MS = 15 * MINUTE_MS;
const LONGEST_MS = 60 * 24 * 60 * MINUTE_MS;
const LOOK_MS = 20_000;
/** What there is of these changes nothing else. */
const CROWD_SEED = 0x5eed;
const CLOCKS_SEED = 0xc10c;
const MOST_APART_MS = 2_000;

/** Workers, a server, providers and files, and what happens to them: all of it decided by a seed. */
export class World {
  readonly time = new VirtualTime(START_MS);
  readonly calls: SimCall[] = [];
  readonly batches: SimBatch[] = [];
  readonly provider: SimProvider;
  readonly storage: MemoryStorage;
  readonly server: Server;
  readonly config: LoadedConfig;
  readonly operator: Operator;
  readonly fairness: FairWatch;
  /** How far the clocks of two workers may be apart. */
  readonly clocksApartMs: number;
  private readonly clocks: Chance;
  private readonly crowd: Crowd | null;
  private readonly firstTask: { readonly drainMs: number } | undefined;
  /** Calls that are no workflows as long as their first attempts may answer. */
  private readonly alone = new Set<SimCall>();
  private readonly driven = new Map<string, DrivenCall>();
  private readonly drives: boolean;
  private readonly board: Board;
  private started = 0;
  private workers: SimWorker[] = [];
  private readonly chance: Chance;
  private readonly options: WorldOptions;
  private begun = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    const chance = new Chance(options.seed);
    this.chance = chance.fork();
    const drawn = drawConfig(chance.fork());
    this.clocks = new Chance(options.seed ^ CLOCKS_SEED);
    this.clocksApartMs = this.clocks.is(0.3) ? MOST_APART_MS : 0;
    this.crowd = drawCrowd(new Chance(options.seed ^ CROWD_SEED), BUSY_MS);
    const modelList = [...drawn.config.model_list, ...(this.crowd === null ? [] : [this.crowd.deployment])];
    const config = { ...drawn.config, model_list: modelList };
    this.config = parseConfig(JSON.stringify(config), { source: 'sim.yaml', env: {} });
    this.fairness = new FairWatch(this.time, this.crowd, () => this.workers.length);
    const moods = drawMoods(drawn.models, chance.fork(), this.time, BUSY_MS);
    this.provider = new SimProvider(
      this.time,
      chance.fork(),
      moods,
      new LimitWatch(this.time, this.config),
      new HoldWatch(this.time, this.config),
    );
    this.storage = new MemoryStorage(this.time, chance.fork());
    this.server = new Server({
      time: this.time,
      chance: chance.fork(),
      workflows: {
        llmCall: llmCall as Workflow,
        llmBatch: llmBatch as Workflow,
        providerBoard: providerBoard as Workflow,
      },
      workers: () => this.workers,
      suggestAt: chance.of([80, 200, 4_096]),
      lostMessages: chance.of([0, 0, 0.02, 0.2]),
      keptTasks: chance.of([0, 0, 0.05, 1]),
    });
    this.drives = chance.is(0.5);
    this.board = new Board(this.server, this.provider, chance.is(0.4));
    this.firstTask = chance.of([undefined, { drainMs: 10_000 }]);
    const { server, driven } = this;
    const { groups } = this.config.routing;
    const all = [...Object.keys(groups), ...Object.values(groups).flatMap((group) => group.map(({ id }) => id))];
    const names = all.filter((name) => name !== CROWD_GROUP && name !== CROWD_DEPLOYMENT);
    this.operator = new Operator({ server, driven, names, chance: this.chance, workers: () => this.workers });
    const count = this.chance.whole(1, 4);
    for (let each = 0; each < count; each++) this.startWorker();
  }

  /** Runs everything to its end. False: not all has come to one. */
  async run(): Promise<boolean> {
    const { calls, batches } = this.options;
    for (let number = 0; number < calls; number++) this.later(() => this.beginCall(number));
    for (let number = 0; number < batches; number++) this.later(() => this.beginBatch(number));
    for (let holds = this.board.isThere ? this.chance.whole(0, 4) : 0; holds > 0; holds--) {
      this.later(() => this.operator.hold());
    }
    for (const call of this.crowd?.calls ?? []) this.time.after(call.afterMs, () => this.beginCrowdCall(call));
    this.later(() => this.disturb());
    this.time.after(LOOK_MS, () => this.lookAfterBatches());
    await this.time.run(START_MS + LONGEST_MS, () => this.isOver);
    return this.isOver;
  }

  get isOver(): boolean {
    const { calls, batches } = this.options;
    const crowd = this.crowd?.calls.length ?? 0;
    if (this.begun < calls + batches + crowd || !this.server.isIdle) return false;
    for (const call of this.alone) if (call.execution === null && call.process?.isAlive === true) return false;
    return true;
  }

  private get isBusy(): boolean {
    return this.time.nowMs < START_MS + BUSY_MS;
  }

  private later(run: () => void): void {
    this.time.after(this.chance.whole(0, BUSY_MS), run);
  }

  private startWorker(): void {
    this.workers.push(
      new SimWorker({
        name: `worker-${++this.started}`,
        aheadMs: this.clocks.whole(-this.clocksApartMs / 2, this.clocksApartMs / 2),
        time: this.time,
        server: this.server,
        chance: this.chance.fork(),
        config: this.config,
        provider: this.provider,
        firstTask: this.firstTask,
        storageOf: (process) => this.storage.of(process),
        report: (process, report) => this.board.report(process, report),
        slotsOf: (slots) => this.fairness.watched(slots),
      }),
    );
  }

  private beginCall(number: number): void {
    const who = `call-${number}`;
    const reader = this.chance.is(0.2) ? new StreamReader(this.chance.is(0.3)) : null;
    const asked = drawRequest(this.chance, this.config, who);
    const request = reader === null ? asked : { ...asked, stream: true };
    this.begin({ who, request, reader, owner: undefined });
    if (reader !== null && this.chance.is(0.2)) this.time.after(this.chance.ms(MINUTE_MS), () => reader.leave());
    if (this.chance.is(0.1)) this.time.after(this.chance.ms(2 * MINUTE_MS), () => this.operator.ofCall(who));
  }

  private beginCrowdCall({ who, owner }: CrowdCall): void {
    const request = { model: CROWD_GROUP, messages: [{ role: 'user', content: who }], disable_fallbacks: true };
    this.begin({ who, request, reader: null, owner });
  }

  private begin(asked: Pick<SimCall, 'who' | 'request' | 'reader' | 'owner'>): void {
    this.begun += 1;
    const { request, reader } = asked;
    const stream = reader && { stream: { restart: reader.restart } };
    const input: LlmCallInput = { operation: 'chat.completions', request, ...stream };
    const call: SimCall = {
      ...asked,
      beganMs: this.time.nowMs,
      execution: null,
      process: null,
      answer: null,
      isStopped: false,
    };
    this.calls.push(call);
    if (!this.drives || !this.drive(call, input)) this.start(call, input);
  }

  private start(call: SimCall, input: LlmCallInput): void {
    call.execution = this.server.start('llmCall', call.who, input, { priority: priorityOf(call.owner) });
    const reads = this.workers.filter(({ process }) => process.isAlive);
    if (call.execution === null || reads.length === 0) return;
    call.reader?.read(this.chance.of(reads).streams, call.who, call.execution.run.options.runId);
  }

  /** Has a worker's process start a call, and begin it. False: there is none, or it does not. */
  private drive(call: SimCall, input: LlmCallInput): boolean {
    const { chance } = this;
    const ready = this.workers.filter(({ takesTasks }) => takesTasks);
    if (ready.length === 0) return false;
    const worker = chance.of(ready);
    const durability = chance.of(['always', 'always', 'on-failure'] as const);
    const toDrive = { callId: call.who, input, owner: call.owner, isKeyed: chance.is(0.2), durability };
    const driven = worker.drive(toDrive, (execution) => (call.execution = execution));
    if (driven === null) return false;
    call.process = worker.process;
    this.alone.add(call);
    this.driven.set(call.who, driven);
    driven.started.then(
      (runId) => call.reader?.read(worker.streams, call.who, runId ?? ''),
      () => {},
    );
    const over = (): void => void this.alone.delete(call);
    driven.answer
      .then(
        (answer) => (call.answer = answer),
        () => (call.isStopped = true),
      )
      .then(over, over);
    return true;
  }

  private beginBatch(number: number): void {
    this.begun += 1;
    const { chance } = this;
    const batchId = `batch-${number}`;
    const rows = Array.from({ length: chance.whole(1, 40) }, (_, row) => `${batchId}/${row}`);
    const lines = rows.map((who) => {
      const { timeout: _, ...body } = drawRequest(chance, this.config, who) as Record<string, unknown>;
      return JSON.stringify({ custom_id: who, method: 'POST', url: '/v1/chat/completions', body });
    });
    const spec = drawBatch(chance, batchId, this.time.nowMs);
    this.storage.files.set(spec.input, [Buffer.from(`${lines.join('\n')}\n`)]);
    const priority = { priorityKey: spec.priority, fairnessKey: batchId };
    const start: LlmBatchInput = { spec, round: 1, expectedSha256: null };
    const execution = this.server.start('llmBatch', batchId, start, { priority });
    if (execution === null) throw new Error(`${batchId} runs already`);
    this.batches.push({ spec, rows, execution });
    const operations = chance.whole(0, 3);
    for (let each = 0; each < operations; each++) {
      this.time.after(chance.ms(5 * MINUTE_MS), () => this.operator.ofBatch(batchId));
    }
  }

  /** What happens to workers and files. */
  private disturb(): void {
    if (!this.isBusy) return;
    const { chance, workers } = this;
    // All may be gone, and their successors not there yet.
    if (workers.length === 0) return this.time.after(chance.whole(1_000, 4 * MINUTE_MS), () => this.disturb());
    const worker = chance.of(workers);
    switch (chance.of(['kill', 'kill', 'stop', 'freeze', 'storage', 'board', 'nothing'] as const)) {
      case 'kill':
        worker.kill();
        this.replace(worker);
        break;
      case 'stop':
        worker.stop(chance.whole(0, 15_000));
        this.replace(worker);
        break;
      case 'freeze':
        this.fairness.disturbed(40_000);
        worker.process.freeze(chance.whole(1_000, 40_000));
        break;
      case 'storage':
        this.storage.away(chance.whole(1_000, 90_000));
        break;
      case 'board':
        this.fairness.disturbed(60_000);
        this.board.away(chance.whole(1_000, 60_000));
        break;
      case 'nothing':
    }
    this.time.after(chance.whole(1_000, 4 * MINUTE_MS), () => this.disturb());
  }

  private replace(worker: SimWorker): void {
    this.workers = this.workers.filter((each) => each !== worker);
    if (this.workers.length === 0) this.time.after(this.chance.ms(30_000), () => this.startWorker());
    this.time.after(this.chance.ms(30_000), () => this.startWorker());
  }

  /** A person goes on with what has paused by itself, and with what somebody has paused and left. */
  private lookAfterBatches(): void {
    if (!this.isBusy) for (const who of this.operator.acts.keys()) this.server.pendingOf(who)?.unpause();
    for (const { execution, spec } of this.batches) {
      if (execution.end !== null) continue;
      const status = execution.run.handlers.get('status')?.handle() as { pausedBy?: string } | undefined;
      if (status?.pausedBy !== 'batch' && this.isBusy) continue;
      const more = spec.maxTokensTotal === null ? {} : { maxTokensTotal: null };
      void this.server.update(execution.workflowId, 'resume', more);
    }
    this.time.after(LOOK_MS, () => this.lookAfterBatches());
  }
}

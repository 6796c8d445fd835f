import type { BatchCommand, BatchEvent } from '../../../src/core/batch/batch-events.js';
import { NO_ROWS } from '../../../src/core/batch/batch-counts.js';
import { progressOfNextRun, startBatch, type BatchProgress } from '../../../src/core/batch/batch-progress.js';
import type { BatchOrder } from '../../../src/core/batch/batch-receive.js';
import { batchStatus } from '../../../src/core/batch/batch-status.js';
import { step } from '../../../src/core/batch/batch-step.js';
import { modeFor, retryingLimit } from '../../../src/core/batch/batch-window.js';
import type { BatchStatus, CallEnd, InputIndex, NamedRow, RowPlace } from '../../../src/core/batch/batch.js';
import type { Chance } from '../../chaos/seeded.js';
import { SimulatedFiles, TOKENS } from './simulated-files.js';
import type { Weather } from './weather.js';

export interface SimulatedOptions {
  readonly order: BatchOrder;
  readonly rows: number;
  readonly groups: readonly string[];
  readonly weather: Weather;
  readonly random: Chance;
}

type Command<T extends BatchCommand['type']> = Extract<BatchCommand, { type: T }>;

interface Pending {
  readonly what: string;
  readonly run: () => void;
}

interface RunningCall {
  readonly place: RowPlace;
  /** Whether its end comes by itself to the batch. */
  isChild: boolean;
}

/** Part files, chunks and calls of a batch, in memory, in any order of events; and the batch that they belong to. */
export class SimulatedBatch {
  readonly files: SimulatedFiles;
  /** Requests in flight, and the most there were. */
  inFlight = 0;
  mostInFlight = 0;
  mostCalls = 0;
  mostCommands = 0;
  histories = 1;
  steps = 0;
  end: Command<'end'>['end'] | null = null;
  progress: BatchProgress;
  private readonly options: SimulatedOptions;
  private readonly index: InputIndex;
  private readonly pending: Pending[] = [];
  private readonly calls = new Map<number, RunningCall>();
  private readonly stopped = new Set<string>();
  private history = 1;
  /** What was used when a limit was first lifted. */
  mostTokens: number | null = null;
  /** What a workflow task brings, while more of it comes. */
  private inbox: BatchEvent[] | null = null;

  constructor(options: SimulatedOptions) {
    const { order, rows } = options;
    this.options = options;
    const { chunkRows } = order.spec;
    this.index = {
      input: order.spec.input,
      rows,
      bytes: rows,
      sha256: 'sha',
      chunkRows,
      chunks: Math.ceil(rows / chunkRows),
      problems: 0,
      groups: {},
      promptTokens: 0,
    };
    const { groups } = options;
    this.files = new SimulatedFiles({ rows, chunkRows, groups, mode: modeFor(order.spec, rows) });
    this.progress = startBatch(order.spec, 0);
  }

  /** Runs until the batch has ended, or for so many steps. */
  run(steps: number): this {
    this.tell({ type: 'begun' });
    while (this.end === null && this.steps < steps) this.next();
    return this;
  }

  /** Something happens. */
  next(): void {
    this.steps += 1;
    if (this.chance('people')) this.people();
    if (this.chance('long')) this.tell({ type: 'history is long' });
    const [pending] = this.take();
    if (pending === undefined) {
      // Nothing happens by itself any more: somebody has to look after it, who is told why.
      if (this.status().pausedBy === null) throw new Error(`the batch stands still: ${JSON.stringify(this.progress)}`);
      this.mostTokens ??= this.files.tokens;
      this.tell({ type: 'resume', maxTokensTotal: null });
      return;
    }
    this.together([pending, ...(this.chance('together') ? [...this.take(), ...this.take()] : [])]);
  }

  /** Something that may happen now. */
  private take(): Pending[] {
    return this.pending.splice(Math.floor(this.options.random.between(0, this.pending.length)), 1);
  }

  /** Things that a workflow task brings at once. */
  private together(pendings: readonly Pending[]): void {
    this.inbox = [];
    for (const pending of pendings) pending.run();
    const events = this.inbox;
    this.inbox = null;
    this.step(events);
  }

  tell(event: BatchEvent): void {
    if (this.inbox === null) this.step([event]);
    else this.inbox.push(event);
  }

  private step(events: readonly BatchEvent[]): void {
    if (this.end !== null) return;
    const { order } = this.options;
    const before = JSON.stringify(this.progress);
    const { progress, commands } = step(order, this.progress, events);
    if (JSON.stringify(this.progress) !== before) throw new Error('the batch was changed in place');
    this.progress = progress;
    this.mostCommands = Math.max(this.mostCommands, commands.length);
    const { history } = this;
    for (const command of commands) this.obey(command);
    if (history !== this.history) return;
    for (const event of events) {
      const isEchoed = this.end === null && event.type.startsWith('call ') && this.chance('echo');
      if (isEchoed) this.later('echo', () => this.tell(event));
    }
  }

  status(): BatchStatus {
    return batchStatus(this.progress, { batchId: 'b', spec: this.options.order.spec });
  }

  private chance(what: keyof Weather): boolean {
    const { weather, random } = this.options;
    return random.happens(weather[what]);
  }

  private later(what: string, run: () => void): void {
    const { history } = this;
    this.pending.push({ what, run: () => history === this.history && run() });
  }

  private people(): void {
    const { random } = this.options;
    const choice = Math.floor(random.between(0, 3));
    if (choice === 0) this.tell({ type: 'pause', reason: 'lunch' });
    else if (choice === 1) this.tell({ type: 'resume' });
    else this.tell({ type: 'set concurrency', concurrency: Math.floor(random.between(1, 13)) });
  }

  private obey(command: BatchCommand): void {
    switch (command.type) {
      case 'check input':
        return this.activity('check', () => this.tell({ type: 'input checked', index: this.index }));
      case 'keep input':
        return;
      case 'run chunk':
        return this.runChunk(command);
      case 'stop chunk':
        this.stopped.add(`chunk ${command.chunk}`);
        return;
      case 'stop work':
        this.stopped.add(command.work);
        return;
      case 'start call':
        return this.startCall(command.row);
      case 'await calls':
        return this.awaitCalls(command.rows);
      case 'stop calls':
        return this.later('stop calls', () => {
          for (const place of command.rows) this.stopCall(place);
          this.tell({ type: 'calls stopped' });
        });
      case 'write output':
        return this.activity('output', () => this.writeOutput(command.partial));
      case 'wait':
        return this.later('wait', () => this.tell({ type: 'waited' }));
      case 'next task':
        return this.later('next task', () => this.tell({ type: 'next task' }));
      case 'continue as new':
        return this.continueAsNew();
      case 'end':
        this.end = command.end;
    }
  }

  /** An activity that may fail for what is nobody's fault. */
  private activity(work: 'check' | 'output' | `chunk ${number}`, run: () => void): void {
    const fail = (type: 'storage' | 'error' | 'stopped') =>
      this.tell({ type: 'work failed', work, failure: { type, message: type } });
    this.later(work, () => {
      if (this.stopped.delete(work) && work === 'check') return fail('stopped');
      if (this.chance('storage')) return fail('storage');
      if (this.chance('error')) return fail('error');
      run();
    });
  }

  /** First attempts, one after the other in any order among all else that happens; then what is written is told. */
  private runChunk(command: Command<'run chunk'>): void {
    const { chunk, attempts } = command;
    const work = `chunk ${chunk}` as const;
    for (const row of command.stopped) if (!this.files.hasEnd(row)) this.files.written.set(row, 'failed');
    const todo =
      attempts === null
        ? []
        : this.files.rowsOf(chunk).filter((row) => !this.files.written.has(row) && !command.known.includes(row));
    let failed = 0;
    let open = 0;
    let lost = 0;
    const begin = () => {
      if (attempts === null) return;
      const hasRoom = () => open < attempts.slots && failed < retryingLimit(attempts.slots);
      const hasTokens = () => attempts.maxTokens === null || this.files.tokensOf(chunk) < attempts.maxTokens;
      while (!this.stopped.has(work) && todo.length > 0 && hasRoom() && hasTokens()) {
        const row = todo.shift() ?? 0;
        open += 1;
        this.request(1);
        this.later('attempt', () => {
          open -= 1;
          this.request(-1);
          const fails = this.chance('firstFails');
          failed += fails ? 1 : 0;
          if (fails) this.files.written.set(row, 'attempted');
          else this.files.answer(row);
          begin();
          over();
        });
      }
    };
    const over = () => {
      if (open > 0) return;
      if (this.chance('chunkLost') && lost++ < 2) return this.later('again', over);
      this.activity(work, () => {
        this.stopped.delete(work);
        this.tell({ type: 'chunk read', chunk, result: this.files.read(command) });
      });
    };
    begin();
    over();
  }

  /** It may tell too late that it has ended. */
  private stopCall(place: RowPlace): void {
    const isChild = this.calls.get(place.row)?.isChild ?? false;
    this.calls.delete(place.row);
    if (isChild) this.later('call ended', () => this.tell({ type: 'call ended', end: { ...place, state: 'stopped' } }));
  }

  private startCall({ row, chunk }: NamedRow): void {
    const place = { row, chunk };
    if (this.calls.has(row)) return this.later('call found', () => this.tell({ type: 'call found', ...place }));
    const call = { place, isChild: true };
    this.calls.set(row, call);
    this.mostCalls = Math.max(this.mostCalls, this.calls.size);
    this.later('call started', () => this.tell({ type: 'call started', ...place }));
    this.pending.push({ what: 'call', run: () => this.endCall(call) });
  }

  private endCall(call: RunningCall): void {
    const { row } = call.place;
    if (this.calls.get(row) !== call) return;
    const end = this.endOf(row);
    // What is written may be read before the call is known to have ended.
    const rowEnd = { ...call.place, ...end };
    const history = this.history;
    this.pending.push({
      what: 'call ended',
      run: () => {
        this.calls.delete(row);
        if (call.isChild && history === this.history) this.tell({ type: 'call ended', end: rowEnd });
      },
    });
  }

  private endOf(row: number): CallEnd {
    if (this.chance('callForgotten')) return { state: 'gone' };
    if (this.chance('callStopped')) return { state: 'stopped' };
    if (this.chance('callFails')) {
      this.files.written.set(row, 'failed');
      return { state: 'failed', kind: 'Timeout', tokens: NO_ROWS.tokens };
    }
    this.files.answer(row);
    return { state: 'answered', tokens: TOKENS };
  }

  private awaitCalls(rows: readonly RowPlace[]): void {
    this.later('await', () => {
      if (this.stopped.delete('await')) {
        return this.tell({ type: 'work failed', work: 'await', failure: { type: 'stopped', message: 'stopped' } });
      }
      const ended = rows.filter(({ row }) => !this.calls.has(row));
      if (ended.length === 0) return this.awaitCalls(rows);
      // What they said is not known any more where nothing is written.
      const ends = ended.map((place): RowPlace & CallEnd => {
        const state = this.files.written.get(place.row);
        if (state === 'answered') return { ...place, state, tokens: TOKENS };
        return state === 'failed'
          ? { ...place, state, kind: 'Timeout', tokens: NO_ROWS.tokens }
          : { ...place, state: 'gone' };
      });
      this.tell({ type: 'calls awaited', ends });
    });
  }

  private writeOutput(isPartial: boolean): void {
    const rows = Array.from({ length: this.index.rows }, (_, row) => row);
    const states = rows.map((row) => this.files.written.get(row));
    const answered = states.filter((state) => state === 'answered').length;
    const failed = states.filter((state) => state === 'failed').length;
    if (!isPartial && answered + failed < this.index.rows) throw new Error('rows have no end');
    const counts = { ...NO_ROWS, answered, failed };
    const state = failed > 0 ? 'completed with errors' : 'completed';
    this.tell({ type: 'output written', result: { state, rows: this.index.rows, counts, output: 'out' } });
  }

  private continueAsNew(): void {
    this.histories += 1;
    this.history += 1;
    for (const call of this.calls.values()) call.isChild = false;
    this.stopped.clear();
    // As it crosses the boundary.
    this.progress = JSON.parse(JSON.stringify(progressOfNextRun(this.progress))) as BatchProgress;
    this.tell({ type: 'begun' });
  }

  private request(change: 1 | -1): void {
    this.inFlight += change;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
  }
}

import { expect } from 'vitest';
import type { BatchCommand, BatchEvent } from '../../../src/core/batch/batch-events.js';
import { NO_ROWS } from '../../../src/core/batch/batch-counts.js';
import { startBatch, type BatchProgress, type BatchWork } from '../../../src/core/batch/batch-progress.js';
import { batchStatus } from '../../../src/core/batch/batch-status.js';
import { step } from '../../../src/core/batch/batch-step.js';
import {
  BATCH_EXPIRED,
  type BatchSpec,
  type BatchStatus,
  type CallEnd,
  type ChunkResult,
  type InputIndex,
  type NamedRow,
  type RowPlace,
} from '../../../src/core/batch/batch.js';
import { order } from './orders.js';

/** A command in a line. */
function shown(command: BatchCommand): string {
  switch (command.type) {
    case 'run chunk': {
      const { chunk, attempts, known, stopped, probes } = command;
      const tokens = attempts === null || attempts.maxTokens === null ? '' : `, up to ${attempts.maxTokens} tokens`;
      const what =
        attempts === null
          ? `${probes ? 'probe' : 'look at'} chunk ${chunk}`
          : `run chunk ${chunk}: ${attempts.slots} slots${tokens}`;
      const rows = known.length === 0 ? '' : `; known ${known.join()}`;
      return `${what}${rows}${stopped.length === 0 ? '' : `; stopped ${stopped.join()}`}`;
    }
    case 'stop chunk':
      return `stop chunk ${command.chunk}`;
    case 'start call':
      return `start call ${command.row.row}`;
    case 'await calls':
      return `await calls ${numbers(command.rows)}`;
    case 'stop calls': {
      const found = command.found.length === 0 ? '' : `; wait for ${numbers(command.found)}`;
      return `stop calls ${numbers(command.rows)}${found}`;
    }
    case 'stop work':
      return `stop ${command.work}`;
    case 'write output':
      return command.partial ? 'write what is done' : 'write output';
    case 'wait':
      return `wait ${command.ms}`;
    case 'end':
      return `end: ${command.end.state}${'message' in command.end ? `, ${command.end.message}` : ''}`;
    default:
      return command.type;
  }
}

const numbers = (rows: readonly RowPlace[]) => rows.map(({ row }) => row).join();

export const TOKENS = { prompt: 0, completion: 10, total: 10 };
export const index = (rows: number, changes: Partial<InputIndex> = {}): InputIndex => ({
  input: 'file:///in.jsonl',
  rows,
  bytes: rows,
  sha256: 'sha',
  chunkRows: 10,
  chunks: Math.ceil(rows / 10),
  problems: 0,
  groups: {},
  promptTokens: 0,
  ...changes,
});

export const named = (row: number, group = 'any'): NamedRow => ({
  row,
  chunk: Math.floor(row / 10),
  byteStart: row,
  byteLength: 1,
  digest: '',
  customId: `row-${row}`,
  group,
  attempt: null,
});
export const place = (row: number) => ({ row, chunk: Math.floor(row / 10) });

export const checked = (rows: number, changes: Partial<InputIndex> = {}): BatchEvent => ({
  type: 'input checked',
  index: index(rows, changes),
});
interface Read extends Partial<Omit<ChunkResult, 'counts' | 'named'>> {
  readonly answered?: number;
  readonly failed?: number;
  readonly named?: readonly (number | NamedRow)[];
}
export const read = (
  chunk: number,
  { answered = 0, failed = 0, named: rows = [], ...rest }: Read = {},
): BatchEvent => ({
  type: 'chunk read',
  chunk,
  result: {
    counts: { ...NO_ROWS, answered, failed, tokens: { prompt: 0, completion: 10 * answered, total: 10 * answered } },
    fresh: 0,
    waiting: rows.length,
    named: rows.map((row) => (typeof row === 'number' ? named(row) : row)),
    ended: [],
    ...rest,
  },
});
const ANSWERED: CallEnd = { state: 'answered', tokens: TOKENS };
export const started = (row: number): BatchEvent => ({ type: 'call started', ...place(row) });
export const found = (row: number): BatchEvent => ({ type: 'call found', ...place(row) });
export const ended = (row: number, end: CallEnd = ANSWERED): BatchEvent => ({
  type: 'call ended',
  end: { ...place(row), ...end },
});
export const failed = (
  work: BatchWork,
  type: 'storage' | 'input' | 'stopped' | 'error' = 'error',
  message = 'no luck',
): BatchEvent => ({ type: 'work failed', work, failure: { type, message } });
export const written = (rows: number, failures = 0): BatchEvent => ({
  type: 'output written',
  result: {
    state: failures > 0 ? 'completed with errors' : 'completed',
    rows,
    counts: { ...NO_ROWS, answered: rows - failures, failed: failures },
    output: 'file:///out',
  },
});
export const cancel: BatchEvent = {
  type: 'cancel',
  ending: { state: 'cancelled', type: 'Cancelled', message: 'cancelled', hasOutput: true },
};
export const expire: BatchEvent = {
  type: 'cancel',
  ending: { state: 'failed', type: BATCH_EXPIRED, message: 'too late', hasOutput: true },
};
export const begun: BatchEvent = { type: 'begun' };
export const resume: BatchEvent = { type: 'resume' };
export const paused: BatchEvent = { type: 'pause', reason: 'lunch' };

/** A batch that is told one event after the other. */
export class Told {
  progress: BatchProgress;
  private readonly spec: Partial<BatchSpec>;

  constructor(spec: Partial<BatchSpec>) {
    this.spec = spec;
    this.progress = startBatch(order(spec).spec, 0);
  }

  tell(event: BatchEvent, room?: number): string[] {
    return this.tellAll([event], room);
  }

  tellAll(events: readonly BatchEvent[], room?: number): string[] {
    const { progress, commands } = step(order(this.spec), this.progress, events, room);
    this.progress = progress;
    return commands.map(shown);
  }

  status(): BatchStatus {
    return batchStatus(this.progress, { batchId: 'b', spec: order(this.spec).spec });
  }
}

/** An event, and what the batch does then. */
export type Line = readonly [event: BatchEvent, ...commands: string[]];

export const START: readonly Line[] = [
  [begun, 'check input'],
  [checked(20), 'keep input', 'run chunk 0: 2 slots', 'run chunk 1: 2 slots'],
];
export const ONE: readonly Line[] = [
  [begun, 'check input'],
  [checked(10), 'keep input', 'run chunk 0: 4 slots'],
];

export const told = (spec: Partial<BatchSpec>, lines: readonly Line[]) => {
  const batch = new Told(spec);
  for (const [event, ...commands] of lines) {
    expect([event.type, ...batch.tell(event)]).toEqual([event.type, ...commands]);
  }
  return batch;
};

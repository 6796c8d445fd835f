import type { BatchEnding, BatchWork, SingleWork } from './batch-progress.js';
import type {
  BatchLimits,
  BatchResult,
  ChunkAttempts,
  ChunkResult,
  InputIndex,
  NamedRow,
  ResumeOptions,
  RowEnd,
  RowPlace,
  RunChunkInput,
} from './batch.js';

/** Why work of a batch failed. */
export interface WorkFailure {
  /** `storage`: nobody can read or write the files; `input`: rows cannot be run; `stopped`: by the batch; `error`: any other. */
  readonly type: 'storage' | 'input' | 'stopped' | 'error';
  readonly message: string;
}

/** What a batch is told. */
export type BatchEvent =
  /** A history begins. */
  | { readonly type: 'begun' }
  | { readonly type: 'input checked'; readonly index: InputIndex }
  | { readonly type: 'chunk read'; readonly chunk: number; readonly result: ChunkResult }
  /** It has begun its last row. */
  | { readonly type: 'chunk in tail'; readonly chunk: number; readonly inFlight: number }
  /** It cannot write what it has in its hands, and waits; null: it could again. */
  | { readonly type: 'chunk in trouble'; readonly chunk: number; readonly trouble: string | null }
  | ({ readonly type: 'call started' } & RowPlace)
  /** It is there already, and runs. */
  | ({ readonly type: 'call found' } & RowPlace)
  | { readonly type: 'call ended'; readonly end: RowEnd }
  /** Of the calls that were waited for, some. */
  | { readonly type: 'calls awaited'; readonly ends: readonly RowEnd[] }
  /** All were told to stop, and those have ended that do not tell it themselves. */
  | { readonly type: 'calls stopped' }
  | { readonly type: 'output written'; readonly result: BatchResult }
  | { readonly type: 'work failed'; readonly work: BatchWork; readonly failure: WorkFailure }
  | { readonly type: 'pause'; readonly reason: string }
  | ({ readonly type: 'resume' } & ResumeOptions)
  | ({ readonly type: 'set concurrency' } & Pick<BatchLimits, 'concurrency'>)
  | { readonly type: 'cancel'; readonly ending: BatchEnding }
  | { readonly type: 'history is long' }
  /** The wait is over that was asked for. */
  | { readonly type: 'waited' }
  /** More commands can be given. */
  | { readonly type: 'next task' };

/** What a batch asks for. */
export type BatchCommand =
  | { readonly type: 'check input' }
  /** The input is right: it must stay what it is. */
  | { readonly type: 'keep input'; readonly sha256: string }
  | ({ readonly type: 'run chunk' } & Pick<RunChunkInput, 'chunk' | 'known' | 'stopped' | 'groupNames'> & {
        readonly attempts: ChunkAttempts | null;
        readonly probes: boolean;
      })
  | { readonly type: 'stop chunk'; readonly chunk: number }
  | { readonly type: 'start call'; readonly row: NamedRow }
  | { readonly type: 'await calls'; readonly rows: readonly RowPlace[] }
  /** @property found - those of them whose ends do not come by themselves */
  | { readonly type: 'stop calls'; readonly rows: readonly RowPlace[]; readonly found: readonly RowPlace[] }
  | { readonly type: 'stop work'; readonly work: SingleWork }
  | { readonly type: 'write output'; readonly partial: boolean }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'next task' }
  | { readonly type: 'continue as new' }
  | { readonly type: 'end'; readonly end: BatchEnding | BatchResult };

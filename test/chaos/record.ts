import type { ProcessName } from './schedule.js';

/** A stretch of time, ms since the epoch. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** One request of a client to a gateway. */
export interface Asked extends Span {
  readonly gateway: ProcessName;
  /**
   * `answered`: 200 and whole; `broken off`: a stream that ended with an error event, or without an end; `refused`: an error
   * with a status; `cut`: the connection went away; `not sent`: there was no connection.
   */
  readonly outcome: 'answered' | 'broken off' | 'refused' | 'cut' | 'not sent';
  /** The text of the answer, as far as it came. */
  readonly text: string;
  /** The provider's id of the answer: no two of its answers have the same one. Null where none was seen. */
  readonly answerId: string | null;
  /** What else there is to say: a status and a message. */
  readonly said: string;
  /** Whether the gateway allowed to ask again. */
  readonly mayAskAgain: boolean;
}

export interface CallRecord {
  readonly prompt: string;
  readonly isKeyed: boolean;
  readonly isStream: boolean;
  /** In order; the last one counts. */
  readonly asked: readonly Asked[];
  /** The same by its key, when all was over; null without a key. */
  readonly again: Asked | null;
}

/** A run of the workflow of a call, or of the batch. */
export interface ExecutionRecord {
  readonly callId: string;
  readonly prompt: string;
  /** Temporal's name of it. */
  readonly status: string;
  /** What its ledger says, lost attempts included. */
  readonly attempts: number;
  /** Workflow tasks that a worker answered with a failure: the most in a row. */
  readonly failedTasks: readonly string[];
  /** Of the workflow task that is pending; 0 without one. */
  readonly pendingTaskAttempt: number;
  /** What a failed one failed with. */
  readonly failure: string;
}

export interface RowRecord {
  readonly customId: string;
  readonly prompt: string;
}

/** A line of the output of the batch. */
export interface LineRecord {
  readonly customId: string;
  /** Null: it has no answer. */
  readonly text: string | null;
  readonly attempts: number;
}

/** A request as the provider saw it. */
export interface UpstreamRecord extends Span {
  readonly prompt: string;
}

/** From the moment in which a process was killed or frozen until it was itself again. */
export interface Disturbance extends Span {
  readonly target: ProcessName | 'disk';
}

/** What was seen of a run, all that its invariants are about. */
export interface RunRecord {
  readonly calls: readonly CallRecord[];
  readonly executions: readonly ExecutionRecord[];
  readonly rows: readonly RowRecord[];
  readonly lines: readonly LineRecord[];
  /** How the batch ended. */
  readonly batch: string;
  readonly upstream: readonly UpstreamRecord[];
  readonly disturbances: readonly Disturbance[];
  /** Processes that ended, or did not come up, though nobody had killed them; and those that were not well at the end. */
  readonly deaths: readonly string[];
  /** Where a secret stands. */
  readonly leaks: readonly string[];
}

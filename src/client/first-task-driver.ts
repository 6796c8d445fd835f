import type { Client } from '@temporalio/client';
import type { Durability } from '../core/call/durability.js';
import type { CallResult, LlmCallInput } from '../core/call/call-types.js';
import type { CallInspection } from './inspect-call.js';

/** A call that its process may begin by itself. */
export interface CallToDrive {
  readonly callId: string;
  readonly input: LlmCallInput;
  readonly owner: string | undefined;
  /** Whether others may ask for the same call: then the provider is asked only when the server has taken it. */
  readonly isKeyed: boolean;
  readonly durability: Durability;
  /**
   * Starts the workflow of the call; resolves with its run, or null where the call is there already.
   * @param group - the model group that the list of calls shows
   * @param client - @default the one that the call came to
   */
  readonly start: (input: LlmCallInput, group: string, client?: Client) => Promise<string | null>;
}

/** A call whose first attempt is made by the process that started it. */
export interface DrivenCall {
  /** As `start` told it. */
  readonly started: Promise<string | null>;
  /**
   * The answer, when it is in the history, or at once where the call has no workflow; null: the call goes on as any other.
   * Rejects as the start does, where the call becomes a workflow only later; with a CancelledError when it was stopped.
   */
  readonly answer: Promise<CallResult | null>;
  /** Ends a call that has no workflow; false: it has one, which is waited for where it is being started, or it is over. */
  readonly stop: () => Promise<boolean>;
  /** What is to be seen of a call that has no workflow; null where `stop` says false. */
  readonly inspect: () => Promise<CallInspection | null>;
}

/** Makes first attempts beside the first workflow tasks of calls, in a process that has the workers' config. */
export interface FirstTaskDriver {
  /** Null: the call is started as any other. */
  drive(call: CallToDrive): DrivenCall | null;
  /** A call that never gets to a server. @default there is none */
  find?(callId: string): DrivenCall | null;
  /** Ends when none of them is under way. */
  close(): Promise<void>;
}

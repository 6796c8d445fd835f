import type { Activities } from '../../activities/index.js';
import type { GroupActivityOptions } from '../../core/call/activity-options.js';
import type { CallHistory, CallResult } from '../../core/call/call-types.js';
import type { GateProgress } from '../../core/call/gate.js';
import type { LedgerEntry } from '../../core/ledger/ledger.js';
import type { GroupProgress } from '../../core/retries/progress.js';
import type { CallFacts } from '../visibility.js';
import type { ControlledCall, TakingAction } from './call-control.js';
import type { ToldCall } from './call-webhooks.js';
import type { GateEnd, GateWait } from './gate.js';

/** A call, as what it runs in sees it. */
export interface HostedCall extends Pick<ControlledCall, 'extend' | 'refusal' | 'hasGroup'> {
  readonly told: () => ToldCall;
}

/** How a call is shown at its start. */
export interface ListedCall {
  readonly group: string;
  /** The request in a line, for people. */
  readonly line: string;
  /** Whether the list of calls has the group already. */
  readonly isGroupListed: boolean;
}

/** What a call runs in, and what that does for it: a workflow of its own, or one that makes calls. */
export interface CallHost {
  /** The id of the call, where it is not that of the workflow. */
  readonly callId?: string;
  /** The activity of a group, under its options. */
  callModelGroup(options: GroupActivityOptions): Activities['callModelGroup'];
  /** Runs it to its end, or until an action ends it: then it fails as cancelled, and `takeAction` says by what. */
  runGroup<T>(group: string, run: () => Promise<T>): Promise<T>;
  takeAction(): TakingAction | null;
  /** What was done to the call since it was asked last, for its ledger. */
  takeNotes(): readonly LedgerEntry[];
  /** Waits at the gate before a group for a word. */
  waitAtGate(gate: GateProgress, wait: GateWait): Promise<GateEnd>;
  /** What the running group had told when the call was cancelled; null: nothing that is known. */
  toldAtCancel(): GroupProgress | null;
  /** What the first activity of the call was given of an attempt before it; null: nothing that is known. */
  givenProgress(): Promise<GroupProgress | null>;
  list(call: ListedCall): void;
  publish(facts: CallFacts): void;
  show(history: CallHistory): void;
  /** Runs the call to its end, and tells of that. */
  toEnd(run: () => Promise<CallResult>): Promise<CallResult>;
  /** Before the call ends, those who act on it are answered. */
  settled(): Promise<void>;
  /** Whether the workflow does what was changed: as `patched` of Temporal, under a name of its own. */
  isPatched(change: string): boolean;
}

import { policyFieldsOf, type ErrorKind } from '../errors/error-kinds.js';
import type { BudgetName } from '../retries/budget.js';
import type { GroupProgress } from '../retries/progress.js';
import type { GroupState } from './call-actions.js';
import { gateOfMany } from './gate.js';

/** What a group of a call does, as Temporal and its last heartbeat have it. */
export interface WaitingGroup {
  readonly state: GroupState;
  readonly nextAttemptMs: number | null;
  readonly progress: GroupProgress | null;
}

/** What a running call waits for. */
export interface WaitOfCall {
  readonly state: 'waiting' | 'queued' | 'paused' | 'gated' | 'beginning';
  /** In words, which are the same for all that wait for the same. */
  readonly waitsFor: string;
  /** Of the last attempt; null: none has failed. */
  readonly kind: ErrorKind | null;
  /** When the next attempt is due, ms since the epoch; null: that is not known. */
  readonly dueMs: number | null;
  /** Retries left for failures of that kind, as the group began; null: none has failed. */
  readonly retriesLeft: number | null;
}

/** What a call waits for; null: it asks somebody, or ends. */
export function whatItWaitsFor(group: WaitingGroup | null): WaitOfCall | null {
  if (group === null) {
    return { state: 'beginning', waitsFor: 'a worker that begins it', kind: null, dueMs: null, retriesLeft: null };
  }
  const { state, nextAttemptMs, progress } = group;
  const gate = progress?.gate;
  const kind = progress === null ? null : lastKind(progress);
  const known = { kind, retriesLeft: progress === null ? null : retriesLeft(progress) };
  switch (state) {
    case 'asking':
    case 'pausing':
    case 'stopping':
      return null;
    case 'paused':
      return { ...known, state, waitsFor: 'resume: it is paused', dueMs: null };
    case 'gated':
      return {
        ...known,
        state,
        waitsFor: gate === undefined ? 'approve or deny of a fallback' : gateOfMany(gate),
        dueMs: gate?.untilMs ?? null,
      };
    case 'queued':
      return { ...known, state, waitsFor: 'a worker', dueMs: null };
    case 'waiting':
      return { ...known, state, waitsFor: progress?.deferredFor ?? afterKind(kind), dueMs: nextAttemptMs };
  }
}

/** What the last attempt of a call ended with, in a group or before its gate; null: none has failed, as far as is known. */
export function lastKind({ decided, gate }: GroupProgress): ErrorKind | null {
  return decided?.failure.kind ?? gate?.kind ?? null;
}

function afterKind(kind: ErrorKind | null): string {
  return kind === null ? 'its next attempt' : `the retry after ${kind}`;
}

/** Of the budget that the last failure was counted on. */
function retriesLeft({ decided, failures, lastBudgetSize }: GroupProgress): number | null {
  if (decided === null || lastBudgetSize === null) return null;
  const names: readonly BudgetName[] = [...policyFieldsOf(decided.failure.kind), 'DefaultRetries', 'num_retries'];
  const used = names.map((name) => failures[name]).find((count) => count !== undefined);
  return used === undefined ? null : Math.max(0, lastBudgetSize - used);
}

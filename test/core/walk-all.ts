import type { CallPlan } from '../../src/core/plan/call-plan.js';
import type { ErrorKind } from '../../src/core/errors/error-kinds.js';
import { groupOf, nextGroup, startWalk, type WalkState } from '../../src/core/fallbacks/fallback-walk.js';

export interface Walked {
  /** The groups after the first. */
  groups: string[];
  unknown: string[];
  end: string;
  state: WalkState;
}

/** Walks on while every group fails: the n-th one with the n-th kind, and with the last kind for ever after. */
export function walkAll(plan: CallPlan, failures: readonly ErrorKind[] = ['InternalServerError']): Walked {
  const groups: string[] = [];
  const unknown: string[] = [];
  let state = startWalk(plan);
  for (let number = 0; number < 100; number++) {
    const step = nextGroup(plan, state, failures[number] ?? failures.at(-1)!);
    unknown.push(...step.unknown);
    state = step.state;
    if (step.entry === null) return { groups, unknown, end: step.reason, state };
    groups.push(groupOf(plan, step.entry));
  }
  throw new Error(`the walk did not come to an end: ${groups.join(' ')}`);
}

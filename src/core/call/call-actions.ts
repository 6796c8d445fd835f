import { redactedMessage } from '../common/redact.js';
import { problemOfWho, saysSomething, type WhoAndWhy } from '../common/who-and-why.js';
import { POLICY_FIELDS, type PolicyField } from '../errors/error-kinds.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import { isoTime } from '../common/iso-time.js';

/**
 * What the activity of a call's group does, as Temporal has it. `asking`: an attempt is in flight; `pausing`: one is, and none
 * follows; `waiting`: for the time of the next attempt; `queued`: for a worker; `paused`: by an operator; `stopping`:
 * cancellation was asked for; `gated`: the call waits at the gate before the group, for a word.
 */
export type GroupState = 'asking' | 'pausing' | 'waiting' | 'queued' | 'paused' | 'stopping' | 'gated';

const NOT_IN_FLIGHT = ['waiting', 'queued', 'paused', 'gated'] as const satisfies readonly GroupState[];
const NOT_STOPPING = ['asking', 'pausing', ...NOT_IN_FLIGHT] as const satisfies readonly GroupState[];

interface ActionRow {
  /** For people: in the help of the CLI, and beside the Update in the Temporal UI. */
  readonly description: string;
  /** What its group may do when the action comes; it means nothing in another state. */
  readonly takenIn: readonly GroupState[];
}

/** What may be done to a call that runs. Each is an Update of its workflow, by this name: docs/actions.md. */
export const CALL_ACTIONS = {
  pause: {
    description: 'Pause a call: an attempt in flight is finished, and none follows until it is resumed.',
    takenIn: ['asking', 'waiting', 'queued', 'gated'],
  },
  resume: {
    description: 'Resume a call that is paused.',
    takenIn: ['paused', 'pausing'],
  },
  'retry-now': {
    description: 'Make the next attempt of a call now, instead of when its wait ends. Its budgets stay as they are.',
    takenIn: ['waiting', 'paused'],
  },
  skip: {
    description: 'Give up the model group of a call now: its fallbacks follow. A request in flight is aborted.',
    takenIn: NOT_STOPPING,
  },
  use: {
    description: 'Let a call go on in another model group now. A request in flight is aborted.',
    takenIn: NOT_STOPPING,
  },
  extend: {
    description: 'Give a call more retries, or more time.',
    takenIn: NOT_STOPPING,
  },
  replan: {
    description: "Resolve the plan of a call anew, from a worker's config of today. What was tried stays tried.",
    takenIn: NOT_IN_FLIGHT,
  },
  answer: {
    description: 'End a call with an answer by hand. A request in flight is aborted.',
    takenIn: NOT_STOPPING,
  },
  fail: {
    description: 'End a call as failed. A request in flight is aborted.',
    takenIn: NOT_STOPPING,
  },
  cancel: {
    description: 'Cancel a call: a request in flight is aborted, a wait ends.',
    takenIn: NOT_STOPPING,
  },
  approve: {
    description: 'Let a call that waits at the gate before a fallback go on there.',
    takenIn: ['gated'],
  },
  deny: {
    description:
      'Keep a call that waits at the gate before a fallback from it: its other fallbacks follow, or it fails.',
    takenIn: ['gated'],
  },
} as const satisfies Readonly<Record<string, ActionRow>>;

export type CallAction = keyof typeof CALL_ACTIONS;

export const CALL_ACTION_NAMES = Object.keys(CALL_ACTIONS) as CallAction[];

/** Input of an action. */
export interface ActionInput extends WhoAndWhy {
  /** Of `use`: the model group. */
  readonly group?: string;
  /** Of `extend`: so many more. */
  readonly retries?: number;
  /** Of `extend`: the budget that grows. @default every one */
  readonly field?: PolicyField;
  /** Of `extend`: so much longer the call may take. */
  readonly seconds?: number;
  /** Of `answer`: the response of a provider, as the caller is to get it. */
  readonly response?: Readonly<Record<string, unknown>>;
}

const MAX_RETRIES = 1_000;
const MAX_SECONDS = 366 * 24 * 3600;

/** What is wrong with the input of an action, which may have been written by hand; null: nothing. */
export function problemOfAction(action: CallAction, input: unknown): string | null {
  if (typeof input !== 'object' || input === null) {
    return `${action} takes an object: {"by": "your name", "why": "the reason"}`;
  }
  return problemOfWho(input) ?? PROBLEMS[action]?.(input) ?? null;
}

const PROBLEMS: Partial<Record<CallAction, (input: Partial<ActionInput>) => string | null>> = {
  use: ({ group }) => (saysSomething(group, Infinity) ? null : 'use takes the name of a model group as "group"'),
  answer: ({ response }) =>
    typeof response === 'object' && response !== null && !Array.isArray(response)
      ? null
      : 'answer takes the response that the caller is to get, a JSON object, as "response"',
  extend: ({ retries, field, seconds }) => {
    if (retries === undefined && seconds === undefined) {
      return 'extend takes "retries", how many more, or "seconds", how much longer, or both';
    }
    if (retries !== undefined && !(Number.isInteger(retries) && retries > 0 && retries <= MAX_RETRIES)) {
      return `"retries" must be a whole number from 1 to ${MAX_RETRIES}`;
    }
    if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0 && seconds <= MAX_SECONDS)) {
      return `"seconds" must be a number above 0, and at most ${MAX_SECONDS}`;
    }
    if (field === undefined || POLICY_FIELDS.includes(field)) return null;
    return `"field" must be one of ${POLICY_FIELDS.join(', ')}`;
  },
};

const DOES: Readonly<Record<GroupState, string>> = {
  asking: 'has an attempt in flight',
  pausing: 'has an attempt in flight, and is paused after it',
  waiting: 'waits for the time of its next attempt',
  queued: 'is queued for a worker',
  paused: 'is paused',
  stopping: 'is being cancelled',
  gated: 'waits at the gate before a fallback',
};

/** Why an action means nothing in a state; null: it is taken. */
export function refusalOfAction(action: CallAction, state: GroupState): string | null {
  const takenIn: readonly GroupState[] = CALL_ACTIONS[action].takenIn;
  if (takenIn.includes(state)) return null;
  const when = takenIn.map((each) => DOES[each]).join(', or ');
  return `${action} is not for a call that ${DOES[state]}: it is for one that ${when}`;
}

/** What a group does, as the server has it, and who has paused it; null: nobody has. */
export interface GroupSeen {
  readonly state: GroupState;
  /** @default not told, by a worker of before */
  readonly pausedBy?: WhoAndWhy | null;
}

/**
 * Whether the server has done already what an action asks for: a worker had it done, and was lost before its word was heard. Then it
 * is taken, as if it were done now.
 * @param isPaused - whether the group is paused, as far as the call knows
 */
export function isDoneAlready(action: CallAction, input: WhoAndWhy, seen: GroupSeen, isPaused: boolean): boolean {
  const { pausedBy } = seen;
  if (pausedBy === undefined) return false;
  if (action === 'pause') return !isPaused && pausedBy?.by === input.by && pausedBy.why === input.why;
  return action === 'resume' && isPaused && pausedBy === null && seen.state !== 'stopping';
}

/** The entry of an action in the ledger: an entry without an attempt. */
export function noteOfAction(action: CallAction, input: ActionInput, group: string, nowMs: number): LedgerEntry {
  const message = redactedMessage(`${told(action, input)} by ${input.by}: ${input.why}; charged to no budget`);
  return { group, startedAt: isoTime(nowMs), outcome: 'note', message };
}

/** Of a call that was ended from outside, as whoever asked for it says why. */
export function noteOfStop(how: 'cancelled' | 'terminated', reason: string, group: string, nowMs: number): LedgerEntry {
  const message = redactedMessage(`${how}: ${reason}; charged to no budget`);
  return { group, startedAt: isoTime(nowMs), outcome: 'note', message };
}

function told(action: CallAction, { group, retries, field, seconds }: ActionInput): string {
  if (action === 'use') return `use ${group}`;
  if (action !== 'extend') return action;
  const more = [
    ...(retries === undefined ? [] : [`${retries} more retries${field === undefined ? '' : ` of ${field}`}`]),
    ...(seconds === undefined ? [] : [`${seconds} s more`]),
  ];
  return `extend (${more.join(', ')})`;
}

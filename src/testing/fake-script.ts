import type { CallReport } from '../core/call/call-types.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { Operation } from '../core/common/operations.js';

/** A call that the fake client was asked for. */
export interface FakeCall {
  readonly callId: string;
  readonly operation: Operation;
  /** As the caller wrote it. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** What comes of a call. */
export interface FakeReply {
  /** The answer: a text, in the form of the operation, or a whole response. @default `Echo: ` and the last user message */
  readonly response?: string | object;
  /** The call fails with this error kind. @default it answers */
  readonly error?: ErrorKind;
  /** Of the error. */
  readonly message?: string;
  /** Of the error. @default the kind's */
  readonly status?: number;
  /** Of the error: how long it asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The error kinds of the attempts before the last one, in order: they are in the ledger. @default none */
  readonly after?: readonly ErrorKind[];
  /** Fields of the report, in place of those that follow from the rest. */
  readonly report?: Partial<CallReport>;
  /** The call neither answers nor fails; it can be cancelled. @default false */
  readonly hang?: boolean;
}

/** A text is an answer; a function may look at the call. */
export type FakeAnswer = string | FakeReply | ((call: FakeCall) => string | FakeReply);

/** What calls do, by their model group: the same each time, or in order, of which the last repeats. */
export type FakeScript = Readonly<Record<string, FakeAnswer | readonly FakeAnswer[]>>;

/** What comes of the n-th call of a model group (zero-based); a group that is not in the script is none. */
export function replyOf(script: FakeScript, call: FakeCall, index: number): FakeReply {
  const group = String(call.request['model']);
  const steps = Object.hasOwn(script, group) ? [script[group] ?? ''].flat() : [unknownGroup(group, script)];
  const step = steps[Math.min(index, steps.length - 1)] ?? {};
  const reply = typeof step === 'function' ? step(call) : step;
  return typeof reply === 'string' ? { response: reply } : reply;
}

function unknownGroup(group: string, script: FakeScript): FakeReply {
  const known = Object.keys(script).join(', ') || 'none';
  return { error: 'NotFoundError', message: `the script has no model group "${group}"; it has ${known}` };
}

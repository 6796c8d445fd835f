import { isoTime } from '../common/iso-time.js';
import type { ErrorKind } from '../errors/error-kinds.js';
import { dueWord, type Gate, type GateWord } from '../fallbacks/fallback-approval.js';
import type { FallbackApproval } from '../plan/settings.js';
import { startProgress, type GroupProgress } from '../retries/progress.js';
import { withNote } from '../retries/progress-steps.js';
import { endedGroup, type EndedGroup } from './ended-group.js';

/** What the activity of a gate tells, in the heartbeat too. Nothing was asked there yet. */
export interface GateProgress extends GroupProgress {
  readonly gate: Gate;
}

/** Input of the activity `awaitApproval`. */
export interface AwaitApprovalInput {
  readonly progress: GateProgress;
  /** When the call must be done, ms since the epoch; null: never. */
  readonly deadlineMs: number | null;
}

/** Output of the activity `awaitApproval`. */
export interface AwaitApprovalOutput {
  readonly word: GateWord;
  readonly ended: EndedGroup;
}

/** A call comes to the gate before a group. */
export function openGate(
  group: string,
  { from, kind }: { from: string; kind: ErrorKind },
  { timeoutMs, onTimeout }: FallbackApproval,
  nowMs: number,
): GateProgress {
  const gate: Gate = { from, kind, untilMs: nowMs + timeoutMs, onTimeout };
  const now = `waits for ${gateText(gate)}`;
  return { ...withNote(startProgress(group), now, nowMs), now, gate };
}

/** What a call waits for at a gate. */
export function gateText({ from, untilMs, onTimeout }: Gate): string {
  return `approve or deny of the fallback from ${from}, until ${isoTime(untilMs)}: then ${onTimeout}`;
}

/** The same for calls that have come to it one after the other. */
export function gateOfMany({ from, onTimeout }: Gate): string {
  return `approve or deny of the fallback from ${from}: ${onTimeout} where nobody says it in time`;
}

/** The end of a gate that nobody said a word at; null: it waits on. */
export function gateEnd({ progress, deadlineMs }: AwaitApprovalInput, nowMs: number): AwaitApprovalOutput | null {
  const word = dueWord(progress.gate, deadlineMs, nowMs);
  return word === null ? null : wordlessEnd(progress, word, nowMs);
}

/** A gate ends without anybody's word: the ledger says with what. */
export function wordlessEnd(progress: GateProgress, word: GateWord, nowMs: number, why = ''): AwaitApprovalOutput {
  return { word, ended: endedGroup(withNote(progress, `${why}${WORDLESS[word]}`, nowMs)) };
}

const WORDLESS: Readonly<Record<GateWord, string>> = {
  approve: 'nobody said approve or deny: approved (fallback_approval, on_timeout)',
  deny: 'nobody said approve or deny: denied (fallback_approval, on_timeout)',
  deadline: 'nobody said approve or deny before the deadline of the call',
};

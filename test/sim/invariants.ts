import { ApplicationFailure } from '@temporalio/common';
import { planOfRequest } from '../../src/activities/plan-of-request.js';
import type { CallFailure, CallReport, CallResult } from '../../src/core/call/call-types.js';
import { planOfGroup } from '../../src/core/call/group-start.js';
import type { LedgerEntry } from '../../src/core/ledger/ledger.js';
import type { CallPlan } from '../../src/core/plan/call-plan.js';
import type { RawRequest } from '../../src/core/plan/request.js';
import { budgetFor } from '../../src/core/retries/budget.js';
import { PROVIDER_BOARD } from '../../src/core/deployments/board-messages.js';
import { rowCallId } from '../../src/core/batch/batch.js';
import type { Asked } from './provider.js';
import type { Act } from './operator.js';
import type { Execution } from './execution.js';
import type { SimBatch, SimCall, World } from './world.js';

/** A call may end so much after its time: Temporal's own margin, a heartbeat's timeout, and the ways. */
const LATE_MS = 40_000;

/** What did not hold, in words. */
export function problemsOf(world: World): string[] {
  const problems: string[] = [
    ...world.server.problems,
    ...world.provider.limits.problems,
    ...world.provider.holds.problems,
    ...world.fairness.problems,
  ];
  for (const { workflowId, type, end } of world.server.executions.values()) {
    if (end === null && type !== PROVIDER_BOARD) problems.push(`${workflowId} has not ended`);
  }
  for (const call of world.calls) problems.push(...ofCall(world, call));
  for (const batch of world.batches) problems.push(...ofBatch(world, batch));
  for (const [who, asked] of world.provider.asked) problems.push(...waitsOf(world, who, asked));
  return problems;
}

function ofCall(world: World, call: SimCall): string[] {
  const { who, request, beganMs, execution, answer } = call;
  const problems: string[] = [];
  const asked = world.provider.asked.get(who) ?? [];
  const end = execution === null ? answer && { result: answer } : execution.end;
  const report = reportOf(end);
  const isGone = call.process?.isAlive === false || (call.isStopped && world.operator.touched.has(who));
  if (end === null && !isGone) problems.push(`${who} has not ended`);
  if (answer !== null && execution !== null && !sameAnswer(answer, end)) {
    problems.push(`${who} was told something else than its history has`);
  }
  if (end !== null && 'result' in end) {
    const { response } = end.result as CallResult<{ choices: { message: { content: string } }[] }>;
    const said = response?.choices[0]?.message.content;
    if (said !== `to ${who}`) problems.push(`${who} was answered ${JSON.stringify(said)}`);
  }
  if (end !== null && 'error' in end && report === null && !world.operator.touched.has(who)) {
    problems.push(`${who} failed without a report: ${String(end.error)}`);
  }
  if (report !== null) {
    const acts = world.operator.acts.get(who) ?? [];
    // An attempt that fails in the moment of an action is not heard any more.
    const unheard = acts.filter(({ isTaken }) => isTaken !== false).length;
    const silent = (execution?.silent ?? 0) + unheard;
    if (!world.operator.forgotten.has(who)) problems.push(...requestsOf(who, report, asked, { silent, unheard }));
    if (!world.operator.touched.has(who)) problems.push(...budgetsOf(world, who, request, report));
    if (acts.length === 0) problems.push(...groupsOf(who, report));
    problems.push(...actsOf(who, report, acts));
  }
  if (!world.operator.touched.has(who)) problems.push(...(call.reader?.problems(who, asked) ?? []));
  const { timeout } = request as { timeout?: number };
  if (timeout !== undefined) {
    const deadlineMs = (execution?.startMs ?? beganMs) + timeout * 1000;
    for (const { atMs } of asked) {
      const lateMs = atMs - deadlineMs;
      if (lateMs > world.clocksApartMs) problems.push(`${who} asked ${lateMs} ms after its deadline`);
    }
    if (execution !== null && execution.endMs > deadlineMs + LATE_MS && !world.operator.touched.has(who)) {
      problems.push(`${who} ended ${execution.endMs - deadlineMs} ms after its deadline`);
    }
  }
  return problems;
}

function sameAnswer(answer: CallResult, end: Execution['end']): boolean {
  return end !== null && 'result' in end && JSON.stringify(end.result) === JSON.stringify(answer);
}

function reportOf(end: Execution['end']): CallReport | null {
  if (end === null) return null;
  if ('result' in end) return (end.result as CallResult).report;
  if (!(end.error instanceof ApplicationFailure)) return null;
  return (end.error.details?.[0] as CallFailure | undefined)?.report ?? null;
}

const WITH_REQUEST: readonly LedgerEntry['outcome'][] = ['answered', 'failed', 'interrupted'];

/** Provider requests = ledger entries + lost. */
function requestsOf(
  who: string,
  { ledger, attempts }: CallReport,
  asked: readonly Asked[],
  { silent, unheard }: { readonly silent: number; readonly unheard: number },
): string[] {
  if (ledger.folded !== undefined) return [];
  const problems: string[] = [];
  const made = ledger.entries.filter(({ outcome }) => WITH_REQUEST.includes(outcome)).length;
  const lost = ledger.entries.filter(({ outcome }) => outcome === 'lost').length;
  const told = asked.filter((each) => each.told === true).length;
  if (made > asked.length) problems.push(`${who}: ${made} entries of the ledger, ${asked.length} requests`);
  const untold = told - made - unheard;
  if (untold > 0) problems.push(`${who}: ${told} requests whose end was told, ${made} entries of the ledger`);
  if (lost > silent) problems.push(`${who}: ${lost} lost attempts in the ledger, ${silent} ended silently`);
  if (asked.length > made + silent) {
    problems.push(`${who}: ${asked.length} requests, ${made} entries of the ledger, ${silent} attempts ended silently`);
  }
  if (attempts !== made + lost) problems.push(`${who}: ${attempts} attempts, ${made + lost} entries of the ledger`);
  return problems;
}

/** No budget is exceeded. */
function budgetsOf(world: World, who: string, request: RawRequest, { ledger, retries }: CallReport): string[] {
  const plan = planOf(world, request);
  if (plan === null || ledger.folded !== undefined) return [];
  const problems: string[] = [];
  const used = new Map<string, { count: number; size: number }>();
  for (const { group, kind, next, deployment } of ledger.entries) {
    if (next?.action !== 'retry' || kind === undefined) continue;
    const entry = [plan.first, ...(plan.lists?.defaults ?? [])].find((each) => each.group === group) ?? { group };
    const groupPlan = planOfGroup(plan, entry);
    const failed = groupPlan.deployments.find(({ id }) => id === deployment);
    // What the provider said of its error may have switched the default off.
    const budgets = [null, 'it said so'].map((notRetriedByDefault) =>
      budgetFor({ kind, notRetriedByDefault }, groupPlan, failed ?? {}),
    );
    const budget = budgets.find(({ name }) => name !== null && next.reason.includes(` on ${name};`));
    if (budget === undefined || budget.name === null) {
      problems.push(`${who}: ${kind} was retried in ${group}, which has no such budget: ${next.reason}`);
      continue;
    }
    const name = `${budget.name} of ${group}`;
    const before = used.get(name) ?? { count: 0, size: 0 };
    used.set(name, { count: before.count + 1, size: Math.max(before.size, budget.size) });
  }
  for (const [name, { count, size }] of used) {
    if (count > size) problems.push(`${who}: ${count} retries on ${name}, which has ${size}`);
  }
  if (plan.numRetriesPerRequest !== undefined && retries > plan.numRetriesPerRequest) {
    problems.push(`${who}: ${retries} retries, num_retries_per_request is ${plan.numRetriesPerRequest}`);
  }
  return problems;
}

function planOf({ config }: World, request: RawRequest): CallPlan | null {
  const planned = planOfRequest(config.routing, { operation: 'chat.completions', request });
  return 'plan' in planned ? planned.plan : null;
}

/** No group twice. */
function groupsOf(who: string, { ledger }: CallReport): string[] {
  const groups = ledger.entries.map(({ group }) => group).filter((group, at, all) => group !== all[at - 1]);
  return new Set(groups).size === groups.length ? [] : [`${who} came to a group twice: ${groups.join(', ')}`];
}

/** What was done to a call is in its ledger once, what was refused is not. */
function actsOf(who: string, { ledger }: CallReport, acts: readonly Act[]): string[] {
  if (ledger.folded !== undefined) return [];
  return acts.flatMap(({ why, isTaken }) => {
    const notes = ledger.entries.filter(
      ({ outcome, message = '' }) => outcome === 'note' && message.includes(`: ${why};`),
    );
    // Nobody was told of one that came with the end.
    const isRight = isTaken === null ? notes.length <= 1 : notes.length === (isTaken ? 1 : 0);
    return isRight ? [] : [`${who}: ${why} is ${notes.length} times in the ledger, taken: ${isTaken}`];
  });
}

/** No wait is shorter than asked. */
function waitsOf(world: World, who: string, asked: readonly Asked[]): string[] {
  const problems: string[] = [];
  const { touched } = world.operator;
  if (touched.has(who) || touched.has(callIdOf(who))) return problems;
  for (const each of asked) {
    const { model, atMs } = each;
    const before = asked.findLast((other) => other.model === model && other.endMs !== null && other.endMs <= atMs);
    // What was not told is not known to whoever comes next.
    if (before === undefined || before === each || before.told !== true || before.retryAfterMs === null) continue;
    if (isSuperseded(each, before)) continue;
    // Until when is told by one clock, and may be read by another.
    const shortMs = (before.endMs ?? 0) + before.retryAfterMs - atMs - world.clocksApartMs;
    if (shortMs > 0) problems.push(`${who} asked ${model} ${shortMs} ms too early`);
  }
  return problems;
}

/**
 * Asked by a worker that had lost its activity to another one, and had not heard of that: it was frozen, or its heartbeats did
 * not arrive. What its successor was told it cannot know.
 */
function isSuperseded({ attempt: own }: Asked, { attempt: later }: Asked): boolean {
  return own !== null && later !== null && own.execution === later.execution && own.token < later.token;
}

/** The call of a row. */
function callIdOf(who: string): string {
  const [batchId, row] = who.split('/');
  return row === undefined ? who : rowCallId(batchId ?? '', Number(row));
}

/** Every row once. */
function ofBatch({ storage }: World, { spec, rows, execution }: SimBatch): string[] {
  const { workflowId, end } = execution;
  const problems: string[] = [];
  const counts = new Map<string, number>();
  for (const name of ['output.jsonl', 'errors.jsonl']) {
    const lines = (storage.text(`${spec.output}/${name}`) ?? '').split('\n').filter((line) => line !== '');
    for (const line of lines) {
      const { custom_id: id, response } = JSON.parse(line) as {
        custom_id: string;
        response: { body?: { choices?: { message: { content: string } }[] } } | null;
      };
      counts.set(id, (counts.get(id) ?? 0) + 1);
      const said = response?.body?.choices?.[0]?.message.content;
      if (name === 'output.jsonl' && said !== `to ${id}`) problems.push(`${workflowId}: ${id} was answered ${said}`);
    }
  }
  for (const [id, count] of counts) {
    if (count > 1) problems.push(`${workflowId}: ${id} is there ${count} times`);
    if (!rows.includes(id)) problems.push(`${workflowId}: nobody asked for ${id}`);
  }
  if (end !== null && 'result' in end) {
    for (const id of rows) if (!counts.has(id)) problems.push(`${workflowId}: ${id} is missing`);
  }
  if (end !== null && 'error' in end && spec.expiresMs === undefined && !isStopped(end.error)) {
    problems.push(`${workflowId} failed: ${String(end.error)}`);
  }
  return problems;
}

function isStopped(error: unknown): boolean {
  return error instanceof Error && error.name === 'CancelledFailure';
}

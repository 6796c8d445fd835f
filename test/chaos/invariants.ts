import { mayHaveBrokenOff } from './ask.js';
import type { Asked, CallRecord, Disturbance, ExecutionRecord, RunRecord, Span } from './record.js';

/** What holds in every run, whatever happens in it. `broken` says where it does not. */
interface Invariant {
  readonly name: string;
  readonly broken: (run: RunRecord) => readonly string[];
}

/** Temporal repeats a workflow task that a worker could not answer: a few times is a restart, more is a fault of ours. */
const MAX_TASK_FAILURES = 3;

/** A result that was there shortly before a process went away may not have reached the server. */
const TO_REPORT_MS = 3_000;

/**
 * A worker that the server gave up, while one of the two was away, hears of it with the answer to its next heartbeat: these are
 * 3.4 s apart, and the SDK sends one every 2 s at most.
 */
const TO_HEAR_MS = 6_000;

const answer = (prompt: string): string => `Echo: ${prompt}`;

export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'every call has its one right answer',
    broken: ({ calls, disturbances }) => calls.flatMap((call) => wrongCall(call, disturbances)),
  },
  { name: 'the same answer again by its key', broken: ({ calls }) => calls.flatMap(otherAgain) },
  { name: 'every row once in the output, in order', broken: wrongRows },
  { name: 'no more requests to the provider than ledgers say, and were in flight at faults', broken: tooManyRequests },
  { name: 'no workflow task fails over and over', broken: ({ executions }) => executions.flatMap(failingTasks) },
  { name: 'every call that was begun comes to its end in time', broken: badEnds },
  { name: 'no secret in logs, database, output', broken: ({ leaks }) => leaks },
  { name: 'whoever was not killed lives', broken: ({ deaths }) => deaths },
];

function wrongCall({ prompt, isKeyed, isStream, asked }: CallRecord, disturbances: readonly Disturbance[]): string[] {
  const wrong = asked.flatMap((each, index) => {
    if (each.outcome === 'refused' && isKeyed && mayHaveBrokenOff(isStream, asked.slice(0, index + 1))) return [];
    return wrongAsked(each, prompt, disturbances).map((what) => `${prompt}: ${what}`);
  });
  const last = asked.at(-1);
  // Without a key nobody can come back for the answer of a call whose connection was lost.
  const isLost = last?.outcome === 'cut' || last?.outcome === 'broken off';
  if (last?.outcome === 'answered' || (isLost && !isKeyed)) return wrong;
  return [...wrong, `${prompt}: no answer; last: ${last?.outcome ?? 'never asked'} ${last?.said ?? ''}`];
}

function wrongAsked(asked: Asked, prompt: string, disturbances: readonly Disturbance[]): string[] {
  const { outcome, text, said, gateway, mayAskAgain } = asked;
  const hit = (target: string) => disturbances.some((each) => each.target === target && overlaps(asked, each));
  switch (outcome) {
    case 'answered':
      return text === answer(prompt) ? [] : [`a wrong answer: ${JSON.stringify(text)}`];
    case 'broken off':
      if (text === '') return [`a stream that had not begun was broken off: ${said}`];
      return answer(prompt).startsWith(text) ? [] : [`the beginning of a wrong answer: ${JSON.stringify(text)}`];
    case 'refused':
      return mayAskAgain ? [] : [`refused for good: ${said}`];
    case 'cut':
    case 'not sent':
      return hit(gateway) ? [] : [`no connection to ${gateway}, which nothing had happened to: ${said}`];
  }
}

function otherAgain({ prompt, asked, again }: CallRecord): string[] {
  const first = asked.at(-1);
  if (again === null || first?.outcome !== 'answered') return [];
  if (again.outcome !== 'answered') return [`${prompt}: ${again.outcome} ${again.said}`];
  if (again.text === first.text && again.answerId === first.answerId) return [];
  return [`${prompt}: first ${first.answerId} ${first.text}, then ${again.answerId} ${again.text}`];
}

function wrongRows({ rows, lines, batch }: RunRecord): string[] {
  const wrong = batch === 'completed' ? [] : [`the batch: ${batch}`];
  const times = countBy(lines, ({ customId }) => customId);
  for (const { customId, prompt } of rows) {
    const count = times.get(customId) ?? 0;
    if (count !== 1) wrong.push(`${customId} is ${count} times in the output`);
    const text = lines.find((line) => line.customId === customId)?.text ?? null;
    if (count > 0 && text !== answer(prompt)) wrong.push(`${customId} has a wrong answer: ${JSON.stringify(text)}`);
  }
  const known = new Set(rows.map(({ customId }) => customId));
  wrong.push(...lines.filter(({ customId }) => !known.has(customId)).map(({ customId }) => `${customId} is no row`));
  const inOrder = rows.every(({ customId }, index) => lines[index]?.customId === customId);
  return inOrder || wrong.length > 0 ? wrong : ['the output is in another order than the input'];
}

function tooManyRequests({ calls, executions, rows, lines, upstream, disturbances }: RunRecord): string[] {
  const told = new Map<string, number>();
  const add = (prompt: string, attempts: number) => told.set(prompt, (told.get(prompt) ?? 0) + attempts);
  for (const { prompt, attempts } of executions) add(prompt, attempts);
  // An answer of a call that never became a workflow took the one attempt.
  for (const { prompt, asked } of calls) {
    if (!told.has(prompt)) add(prompt, asked.filter(({ outcome }) => outcome === 'answered').length);
  }
  const prompts = new Map(rows.map(({ customId, prompt }) => [customId, prompt]));
  for (const { customId, attempts } of lines) add(prompts.get(customId) ?? customId, attempts);
  const inFlight = countBy(
    upstream.filter((each) => isHit(each, disturbances)),
    ({ prompt }) => prompt,
  );
  return [...countBy(upstream, ({ prompt }) => prompt)].flatMap(([prompt, count]) => {
    const [ledger, excused] = [told.get(prompt) ?? 0, inFlight.get(prompt) ?? 0];
    return count <= ledger + excused
      ? []
      : [
          `${prompt}: ${count} requests; ledger ${ledger}, in flight at faults ${excused}`,
          ...upstream.filter((each) => each.prompt === prompt).map((each) => `  ${timesOf(each, disturbances)}`),
        ];
  });
}

/** When a request was made, and the fault that ended last before it. */
function timesOf({ startMs, endMs }: Span, disturbances: readonly Disturbance[]): string {
  const before = disturbances.filter((each) => each.endMs <= startMs).toSorted((a, b) => b.endMs - a.endMs)[0];
  const since = before === undefined ? '' : `, ${startMs - before.endMs} ms after that of ${before.target} was over`;
  return `at ${new Date(startMs).toISOString()} for ${endMs - startMs} ms${since}`;
}

function isHit(request: Span, disturbances: readonly Disturbance[]): boolean {
  const reported = { startMs: request.startMs, endMs: request.endMs + TO_REPORT_MS };
  return disturbances.some(({ startMs, endMs }) => overlaps(reported, { startMs, endMs: endMs + TO_HEAR_MS }));
}

function failingTasks({ callId, failedTasks, pendingTaskAttempt }: ExecutionRecord): string[] {
  const pending =
    pendingTaskAttempt > MAX_TASK_FAILURES ? [`${callId}: its task is at attempt ${pendingTaskAttempt}`] : [];
  if (failedTasks.length <= MAX_TASK_FAILURES) return pending;
  return [...pending, `${callId}: ${failedTasks.length} failed tasks, the last one: ${failedTasks.at(-1)}`];
}

function badEnds({ calls, executions }: RunRecord): string[] {
  // A stream that breaks after its first words is not begun again: its call fails, and its key begins another.
  const brokenOff = new Set(calls.filter(({ isStream }) => isStream).map(({ prompt }) => prompt));
  const isRight = ({ status, prompt }: ExecutionRecord) =>
    status === 'COMPLETED' || status === 'CONTINUED_AS_NEW' || (status === 'FAILED' && brokenOff.has(prompt));
  return executions
    .filter((execution) => !isRight(execution))
    .map(({ callId, prompt, status, failure }) => `${callId} (${prompt}): ${status} ${failure}`);
}

function overlaps(one: Span, other: Span): boolean {
  return one.startMs <= other.endMs && other.startMs <= one.endMs;
}

function countBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(keyOf(value), (counts.get(keyOf(value)) ?? 0) + 1);
  return counts;
}

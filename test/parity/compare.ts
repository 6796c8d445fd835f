import { isDeepStrictEqual } from 'node:util';
import type { Range, Want } from './case-file.js';
import type { Gap } from './gaps.js';
import type { Observed } from './observe.js';

/** Upper bounds are that much wider on the clock, which is not ours alone. */
const GRACE_MS = 3_000;

/** What differs from what a case wants, a line each; empty when nothing does. */
export function compare(want: Want, observed: Observed): string[] {
  return [
    ...compareResult(want, observed),
    ...compareCalls(want, observed),
    ...compareTiming(want, observed),
    ...compareBodies(want, observed),
    ...compareHeaders(want, observed),
    ...observed.unexplained,
  ];
}

function compareResult(want: Want, { ok, group, kind, status, message }: Observed): string[] {
  const why = message === null ? '' : ` (${message})`;
  return [
    ...differ('ok', want.ok, ok, why),
    ...(want.final_model_group === undefined ? [] : differ('final_model_group', want.final_model_group, group)),
    ...(want.error_type === undefined ? [] : differ('error_type', want.error_type, kind, want.ok === ok ? why : '')),
    ...(want.status === undefined ? [] : differ('status', want.status, status)),
  ];
}

/** A model that is not named must not have been called, unless the total is wanted. */
function compareCalls({ upstream_calls: wanted }: Want, { calls }: Observed): string[] {
  if (wanted === undefined) return [];
  const { '*': total, ...byModel } = wanted;
  const counts = new Map<string, number>();
  for (const { model } of calls) counts.set(model ?? '', (counts.get(model ?? '') ?? 0) + 1);
  const unnamed = total === undefined ? [...counts.keys()].filter((model) => !Object.hasOwn(byModel, model)) : [];
  return [
    ...(total === undefined ? [] : differ('upstream_calls.*', total, calls.length)),
    ...Object.entries(byModel).flatMap(([model, count]) =>
      differ(`upstream_calls.${model}`, count, counts.get(model) ?? 0),
    ),
    ...unnamed.flatMap((model) => differ(`upstream_calls.${model}`, 0, counts.get(model))),
  ];
}

function compareTiming({ timing }: Want, { elapsedMs, gaps, ownGaps }: Observed): string[] {
  return [
    ...(timing?.gaps_s === undefined ? [] : compareGaps(timing.gaps_s, gaps, ownGaps)),
    ...(timing?.elapsed_s === undefined ? [] : compareClock('elapsed_s', timing.elapsed_s, elapsedMs)),
  ];
}

/** Where earlier requests made calls too, the number of gaps tells whether those count. */
function compareGaps(wanted: readonly Range[], all: readonly Gap[], own: readonly Gap[]): string[] {
  const gaps = own.length === wanted.length ? own : all;
  return [
    ...differ('gaps_s, how many', wanted.length, gaps.length),
    ...gaps.flatMap((gap, index) => {
      const range = wanted[index];
      return range === undefined ? [] : compareGap(`gaps_s[${index}]`, range, gap);
    }),
  ];
}

/** What the ledger planned needs no clock: its upper bounds have no grace. */
function compareGap(name: string, range: Range, { clockMs, planned }: Gap): string[] {
  const onClock = compareClock(name, range, clockMs);
  if (planned === null) return onClock;
  const [least, most] = milliseconds(range);
  const { waitMs, leastMs } = planned;
  if (leastMs >= least && waitMs <= most) return onClock;
  const plan = `the ledger planned a wait of ${seconds(waitMs)} after ${seconds(leastMs - waitMs)} of attempts`;
  return [`${name}: want ${shown(range)}, ${plan}`, ...onClock];
}

function compareClock(name: string, range: Range, clockMs: number): string[] {
  const [least, most] = milliseconds(range);
  if (clockMs >= least && clockMs <= most + GRACE_MS) return [];
  return [`${name}: want ${shown(range)}, took ${seconds(clockMs)} on the clock`];
}

function compareBodies({ last_body: wanted = {} }: Want, { calls }: Observed): string[] {
  return Object.entries(wanted).flatMap(([model, fields]) => {
    const last = calls.findLast((call) => call.model === model);
    if (last === undefined) return [`last_body.${model}: no request reached it`];
    const body = (last.body ?? {}) as Record<string, unknown>;
    return Object.entries(fields).flatMap(([name, value]) =>
      differ(`last_body.${model}.${name}`, value, body[name] ?? null),
    );
  });
}

function compareHeaders({ headers: wanted = {} }: Want, { headers }: Observed): string[] {
  return Object.entries(wanted).flatMap(([name, value]) =>
    differ(`headers.${name}`, value === null ? null : String(value), headers[name.toLowerCase()] ?? null),
  );
}

function differ(name: string, wanted: unknown, got: unknown, why = ''): string[] {
  if (isDeepStrictEqual(wanted, got)) return [];
  return [`${name}: want ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}${why}`];
}

function milliseconds([least, most]: Range): [least: number, most: number] {
  return [least * 1000, most * 1000];
}

function shown([least, most]: Range): string {
  return `${least} to ${most} s`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

import type { ExpectedTokens } from '../../../src/core/deployments/expected-tokens.js';
import type { Waiter } from '../../../src/core/deployments/flow.js';
import { Line, type RequestLimits } from '../../../src/core/deployments/line.js';
import type { Begun } from '../../../src/core/deployments/minute-use.js';
import { NOW_MS } from '../build.js';

export interface Call {
  readonly flow: string;
  readonly priority?: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly tokens?: ExpectedTokens & { readonly used: number };
}

export interface Served {
  readonly flow: string;
  readonly waitedMs: number;
  readonly beganMs: number;
  readonly endedMs: number;
  /** How often the call came to the line. */
  readonly visits: number;
}

/** Runs a line as a worker does, on a clock of its own, until all calls have ended. */
export function play(calls: readonly Call[], all: RequestLimits | ((nowMs: number) => RequestLimits)): Served[] {
  const limitsAt = typeof all === 'function' ? all : () => all;
  const line = new Line();
  const served: Served[] = [];
  const events: { atMs: number; run: (nowMs: number) => void }[] = [];
  const at = (atMs: number, run: (nowMs: number) => void): void => void events.push({ atMs, run });
  const standing = new Map<Waiter, { call: Call; visits: number }>();
  const begin = (call: Call, visits: number, begun: Begun): void => {
    const nowMs = begun.begunMs;
    const endedMs = nowMs + call.durationMs;
    served.push({ flow: call.flow, waitedMs: nowMs - call.atMs, beganMs: nowMs, endedMs, visits });
    at(endedMs, (endMs) => {
      line.ended(begun, limitsAt(endMs), endMs, call.tokens?.used);
      goOn(endMs);
    });
  };
  let looks = 0;
  const goOn = (nowMs: number): void => {
    const look = (looks += 1);
    for (const [waiter, begun] of line.next(limitsAt(nowMs), nowMs)) {
      const { call, visits } = standing.get(waiter)!;
      standing.delete(waiter);
      begin(call, visits, begun);
    }
    const nextMs = line.nextMs(limitsAt(nowMs), nowMs);
    // As a timer that is set anew.
    if (nextMs !== null) at(nextMs, (atMs) => look === looks && goOn(atMs));
  };
  const arrive = (call: Call, visits: number, nowMs: number, sinceMs = line.newPlace(nowMs)): void => {
    const waiter: Waiter = {
      flow: call.flow,
      priority: call.priority ?? 3,
      sinceMs,
      deadlineMs: null,
      tokens: call.tokens,
    };
    const arrival = line.arrive(waiter, visits > 1, limitsAt(nowMs), nowMs);
    if (arrival.type === 'begins') return begin(call, visits, arrival.begun);
    if (arrival.type === 'booked') return at(arrival.dueMs, (dueMs) => arrive(call, visits + 1, dueMs, sinceMs));
    standing.set(waiter, { call, visits });
    at(arrival.untilMs, (untilMs) => {
      if (!standing.delete(waiter)) return;
      at(line.leaveUntilDue(waiter, limitsAt(untilMs), untilMs), (dueMs) => arrive(call, visits + 1, dueMs, sinceMs));
    });
    goOn(nowMs);
  };
  for (const call of calls) at(call.atMs, (nowMs) => arrive(call, 1, nowMs));
  for (let steps = 0; events.length > 0; steps += 1) {
    events.sort((one, other) => one.atMs - other.atMs);
    const event = events.shift()!;
    event.run(event.atMs);
    if (steps > 100 * calls.length) throw new Error('the calls come back for ever');
    if (served.length > calls.length) throw new Error('a call was served twice');
  }
  return served;
}

export const calls = (count: number, set: Partial<Call> = {}): Call[] =>
  Array.from({ length: count }, () => ({ flow: 'big', atMs: NOW_MS, durationMs: 100, ...set }));
export const seconds = (ms: number): number => Math.round((ms - NOW_MS) / 100) / 10;
export const visits = (served: readonly Served[]): number =>
  served.reduce((sum, call) => sum + call.visits, 0) / served.length;

import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { CallHandle } from '../client/call-handle.js';
import type { Timing } from '../client/timing.js';
import { responseHeaders } from '../core/call/response-headers.js';
import { addHeaders } from './add-headers.js';
import { Refusal } from './refusal.js';

/** Headers with the times of a call: ISO 8601, or seconds from now. */
export const TIMING_HEADERS = {
  'x-holdfast-start-at': 'When the call begins, ISO 8601: it is answered with 202 and its id',
  'x-holdfast-start-after': 'Begins the call so many seconds later: it is answered with 202 and its id',
  'x-holdfast-expires': 'When the call is not wanted any more, ISO 8601 or seconds from now: it ends with a Timeout',
} as const;

type TimingHeader = keyof typeof TIMING_HEADERS;

export function timingIn(headers: IncomingHttpHeaders): Timing {
  return {
    startAt: timeIn(headers, 'x-holdfast-start-at'),
    startAfter: secondsIn(headers, 'x-holdfast-start-after'),
    expires: secondsOrTimeIn(headers, 'x-holdfast-expires'),
  };
}

/** Whether a call begins later. */
export function isDeferred({ startAt, startAfter }: Timing): boolean {
  return startAt !== undefined || startAfter !== undefined;
}

/** Nobody waits for a call that has not begun: its answer is told by its id. Null: it has begun. */
export async function deferredAnswer(handle: CallHandle, reply: FastifyReply): Promise<object | null> {
  const { callId, beginsAt } = await handle.describe();
  if (beginsAt === null) return null;
  addHeaders(reply, responseHeaders({ callId, report: null, failed: false }));
  void reply.code(202);
  return { callId, state: 'deferred', beginsAt };
}

const SECONDS = /^\d{1,9}(\.\d{1,3})?$/;

function secondsOrTimeIn(headers: IncomingHttpHeaders, name: TimingHeader): Date | number | undefined {
  const given = headers[name];
  return typeof given === 'string' && SECONDS.test(given) ? Number(given) : timeIn(headers, name);
}

function secondsIn(headers: IncomingHttpHeaders, name: TimingHeader): number | undefined {
  const given = headers[name];
  if (given === undefined) return undefined;
  if (typeof given === 'string' && SECONDS.test(given)) return Number(given);
  throw wrong(name, 'seconds');
}

function timeIn(headers: IncomingHttpHeaders, name: TimingHeader): Date | undefined {
  const given = headers[name];
  if (given === undefined) return undefined;
  const time = typeof given === 'string' && /^\d{4}-/.test(given) ? new Date(given) : null;
  if (time === null || Number.isNaN(time.getTime())) throw wrong(name, 'a time such as 2027-01-31T08:00:00Z');
  return time;
}

function wrong(name: TimingHeader, expected: string): Refusal {
  return new Refusal({ kind: 'BadRequestError', message: `${name}: expected ${expected}` });
}

import type { LlmCallInput } from '../core/call/call-types.js';
import { callError } from './errors.js';

/** When a call begins, and until when it is wanted. */
export interface Timing {
  /** It begins then. @default at once */
  readonly startAt?: Date | undefined;
  /** It begins so many seconds later. @default at once */
  readonly startAfter?: number | undefined;
  /** Ends it then, or so many seconds after it was asked for, with a Timeout, if it has not ended. @default its `timeout` alone counts */
  readonly expires?: Date | number | undefined;
}

const MOST_DAYS = 366;
const MOST_MS = MOST_DAYS * 24 * 3_600_000;

/**
 * A call with its times. What a caller says of them is no part of the call's identity: who asks again later joins it.
 * @param timeoutMs - of the request
 */
export function timed(
  input: LlmCallInput,
  { startAt, startAfter, expires }: Timing,
  { timeoutMs, nowMs }: { readonly timeoutMs: number | undefined; readonly nowMs: number },
): { readonly input: LlmCallInput; readonly delayMs: number; readonly timeoutMs: number | undefined } {
  if (startAt !== undefined && startAfter !== undefined) throw wrong('startAt and startAfter: give one of them');
  const delayMs = Math.max(0, msFrom(nowMs, 'start', startAt ?? startAfter) ?? 0);
  const given = { ...input, ...(delayMs > 0 && { delayMs }) };
  const expiresMs = msFrom(nowMs, 'expires', expires);
  if (expiresMs === null) return { input: given, delayMs, timeoutMs };
  const leftMs = expiresMs - delayMs;
  if (leftMs <= 0) throw wrong('expires: that is over before the call begins');
  const least = Math.min(leftMs, timeoutMs ?? Infinity);
  return { input: { ...given, request: { ...input.request, timeout: least / 1000 } }, delayMs, timeoutMs: least };
}

function msFrom(nowMs: number, name: string, time: Date | number | undefined): number | null {
  if (time === undefined) return null;
  const ms = Math.round(typeof time === 'number' ? time * 1000 : time.getTime() - nowMs);
  // A time that is over is one to begin at, but no one to be done at: that is found by whoever compares the two.
  const isKnown = Number.isFinite(ms) && ms <= MOST_MS && (typeof time !== 'number' || time >= 0);
  if (isKnown) return ms;
  throw wrong(`${name}: expected a time, or seconds from now, at most ${MOST_DAYS} days ahead`);
}

function wrong(message: string): Error {
  return callError({ kind: 'BadRequestError', message });
}

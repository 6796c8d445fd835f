import { total } from '../common/total.js';

/** A number that is larger than this is a time, in seconds since the epoch; a thousand times larger, in milliseconds. */
const FIRST_EPOCH_S = 1_000_000_000;
const FIRST_EPOCH_MS = FIRST_EPOCH_S * 1000;

const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)$/;
const UNITS_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const DURATION = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ms|[dhms])(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ms|[dhms]))*$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ms|[dhms])/g;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** A plain number times a unit, in milliseconds; null: it is none. */
export function numberMs(value: string | undefined, unitMs: number): number | null {
  const text = value?.trim() ?? '';
  return NUMBER.test(text) ? Number(text) * unitMs : null;
}

/** A duration with its units, as `2.6s` or `6m0s`, in whole milliseconds; null: it is none. */
export function durationMs(value: string): number | null {
  const text = value.trim();
  if (!DURATION.test(text)) return null;
  const parts = [...text.matchAll(PART)].map(([, count, unit]) => Number(count) * Number(UNITS_MS[String(unit)]));
  return Math.ceil(total(parts));
}

/**
 * How long it is until a limit is full again: seconds, a duration, or a time: since the epoch in seconds or milliseconds,
 * or as ISO 8601 writes it. Null: it says nothing.
 */
export function untilResetMs(value: string, nowMs: number): number | null {
  const number = numberMs(value, 1);
  if (number !== null) {
    if (number >= FIRST_EPOCH_MS) return Math.max(0, number - nowMs);
    if (number >= FIRST_EPOCH_S) return Math.max(0, number * 1000 - nowMs);
    return number * 1000;
  }
  const duration = durationMs(value);
  if (duration !== null) return duration;
  const text = value.trim();
  return ISO_TIME.test(text) ? Math.max(0, Date.parse(text) - nowMs) : null;
}

import { createHash } from 'node:crypto';
import type { LlmCallInput } from '../core/call/call-types.js';

/** Identifies a request, whatever the order of its fields, and however its answer is read. */
export function requestHash({ operation, request }: LlmCallInput): string {
  return createHash('sha256').update(sortedJson({ operation, request })).digest('hex');
}

/** JSON that is the same whatever the order of the fields. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? '';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}

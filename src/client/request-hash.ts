import { createHash } from 'node:crypto';
import type { LlmCallInput } from '../core/call/call-types.js';
import { jsonParts, jsonPieces } from '../core/common/json-parts.js';

/** Identifies a request, whatever the order of its fields, and however its answer is read. */
export function requestHash({ operation, request }: LlmCallInput): string {
  const hash = createHash('sha256');
  const value = sorted({ operation, request });
  for (const piece of jsonPieces(jsonParts(value) ?? [JSON.stringify(value)])) hash.update(piece);
  return hash.digest('hex');
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

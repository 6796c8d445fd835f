import { createHash } from 'node:crypto';

/** Temporal's limit, in bytes. */
const MAX_BYTES = 64;

/**
 * Temporal's fairness key of what belongs together: the calls of an API key, the rows of a batch. Workers take from all
 * keys in turn, however much one of them has waiting. Activities and children have that of their workflow.
 */
export function fairnessKey(id: string): string {
  return Buffer.byteLength(id) <= MAX_BYTES ? id : createHash('sha256').update(id).digest('hex');
}

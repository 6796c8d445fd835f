import { createHash } from 'node:crypto';
import { holdsSecrets, isSecretKey } from './findings/secret-keys.js';

/**
 * Twelve hex digits that identify a config as it is written: the order of keys, comments and secrets do not count, and
 * variables count by their names, so that all workers with the same file agree.
 */
export function configHash(config: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(config)))
    .digest('hex')
    .slice(0, 12);
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([key, child]) => typeof child === 'object' || !isSecretKey(key))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, child]) => [key, holdsSecrets(key) ? namesIn(child) : canonical(child)]);
}

function namesIn(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value).toSorted() : [];
}

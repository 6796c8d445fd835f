import { resolveReferences } from '../findings/environment.js';
import { checkUnexpanded } from '../findings/check-unexpanded.js';
import type { Findings } from '../findings/findings.js';
import type { Section } from '../tables/known-keys.js';
import type { Path } from '../findings/path.js';
import { sortKeys, type SortedKeys } from './sort-keys.js';

/** What it takes to read a part of a config. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly findings: Findings;
  /** Reports a variable that is not set. */
  readonly missing: (path: Path, message: string) => void;
}

/** A section's keys with their variables resolved. A section that is left empty has none. */
export function readSection(section: Section, value: unknown, path: Path, context: Context): SortedKeys {
  const { env, findings, missing } = context;
  if (value === undefined || value === null) return { known: {}, others: {} };
  if (!isObject(value)) {
    findings.problem(path, 'expected an object');
    return { known: {}, others: {} };
  }
  const { known, others } = sortKeys(section, value, path, findings);
  checkUnexpanded(known, path, findings);
  const resolve = (part: Record<string, unknown>) =>
    resolveReferences(part, path, { env, origins: findings.origins, missing }) as Record<string, unknown>;
  return { known: resolve(known), others: resolve(others) };
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { isReference } from './environment.js';
import type { Findings } from './findings.js';
import type { Path } from './path.js';
import { holdsSecrets, isSecretKey } from './secret-keys.js';
import { unexpanded } from './unexpanded.js';

/** Keys beside secrets whose values are often variables. */
const OFTEN_VARIABLES: readonly PropertyKey[] = ['api_base', 'base_url', 'model', 'api_version', 'organization'];

/** Reports keys, headers and URLs that are meant to be variables. */
export function checkUnexpanded(value: unknown, path: Path, findings: Findings, secret = false): void {
  if (typeof value === 'string') {
    const message = secret && !isReference(value) ? unexpanded(value) : null;
    if (message !== null) findings.problem(path, message);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const inside = typeof child === 'object' ? secret : secret || isSecretKey(key) || OFTEN_VARIABLES.includes(key);
    checkUnexpanded(child, [...path, key], findings, inside || holdsSecrets(key));
  }
}

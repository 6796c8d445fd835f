import type { Failure } from './classify.js';
import { ERROR_KINDS } from './error-kinds.js';

/** Whether another deployment of the group may do better: by the kind, or because it may have what this one lacks. */
export function mayMove({ kind, lostState }: Pick<Failure, 'kind' | 'lostState'>): boolean {
  return ERROR_KINDS[kind].mayMove || lostState === true;
}

import { ERROR_KINDS, type ErrorKind } from '../errors/error-kinds.js';
import type { CallFailure } from './call-types.js';

/** The failure of a call that made no attempt, or cannot tell of them. */
export function callFailure(kind: ErrorKind, message: string): CallFailure {
  return { kind, status: ERROR_KINDS[kind].status, message, report: null };
}

import { isOperation, OPERATIONS, type Operation } from '../core/common/operations.js';
import type { RequestSettings } from '../core/plan/settings.js';
import { parseRequest } from './request-schema.js';

/** A request that can be planned, or what is wrong with it, in a sentence. */
export type CheckedCall =
  | {
      readonly problem: null;
      readonly operation: Operation;
      readonly model: string;
      readonly settings: RequestSettings;
    }
  | { readonly problem: string };

/** Checks a call before anything is started, and again where it runs: a workflow can be started without the client. */
export function checkCall(operation: unknown, request: unknown): CheckedCall {
  if (!isOperation(operation)) {
    const known = Object.keys(OPERATIONS).join(', ');
    return { problem: `operation: expected one of ${known}, got ${JSON.stringify(operation)}` };
  }
  const parsed = parseRequest(operation, request);
  if (parsed.ok) return { problem: null, operation, model: parsed.model, settings: parsed.settings };
  const problems = parsed.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return { problem: `the request is not valid: ${problems.join('; ')}` };
}

import type { IncomingHttpHeaders } from 'node:http';
import { OPERATIONS, type Operation } from '../core/common/operations.js';
import type { StreamOptions } from '../core/call/stream-part.js';
import { Refusal } from './refusal.js';

/** Whether a broken stream may be restarted. */
export const RESTART_HEADER = 'x-holdfast-stream-restart';

/** How the client wants its stream; null where it wants none, or the operation has none. */
export function streamOptionsOf(
  operation: Operation,
  request: unknown,
  headers: IncomingHttpHeaders,
): StreamOptions | null {
  const isObject = typeof request === 'object' && request !== null;
  if (!isObject || !('stream' in request) || request.stream !== true) return null;
  return OPERATIONS[operation].stream === null ? null : { restart: mayRestart(headers[RESTART_HEADER]) };
}

function mayRestart(given: string | string[] | undefined): boolean {
  if (given === undefined || given === 'false') return false;
  if (given === 'true') return true;
  throw new Refusal({ kind: 'BadRequestError', message: `${RESTART_HEADER}: expected true or false` });
}

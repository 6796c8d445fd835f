import { checkCall } from '../config/index.js';
import type { LlmCallInput } from '../core/call/call-types.js';
import { MAX_PAYLOAD_BYTES, oversize } from '../core/common/limits.js';
import { A_NAME, isName } from '../core/common/names.js';
import type { RequestSettings } from '../core/plan/settings.js';
import { callError } from './errors.js';

/**
 * Checks a request before anything is started.
 * @param mostBytes - the largest one that can be kept, in bytes of JSON
 * @throws BadRequestError, RequestTooLargeError
 */
export function checkRequest({ operation, request }: LlmCallInput, callId: string, mostBytes: number): RequestSettings {
  const checked = checkCall(operation, request);
  if (checked.problem !== null) throw callError({ kind: 'BadRequestError', message: checked.problem });
  const tooLarge = oversize(request, mostBytes);
  if (tooLarge !== null) throw callError({ kind: 'RequestTooLargeError', message: tooLarge });
  if (request['response_format'] === 'b64_json' && mostBytes <= MAX_PAYLOAD_BYTES) {
    const message = 'response_format: images as base64 are too large to be kept without external_storage';
    throw callError({ kind: 'BadRequestError', message });
  }
  if (!isName(callId)) throw callError({ kind: 'BadRequestError', message: `idempotencyKey: expected ${A_NAME}` });
  return checked.settings;
}

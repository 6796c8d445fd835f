import type { FailureCause, Tokens } from '../core/errors/failure-facts.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { redactedName } from '../core/common/redact.js';
import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import { errorIn200 } from './error-in-200.js';
import { fieldsOf, pageText, parseJson, providerErrorOf } from './provider-error.js';

/** An answer, or what is wrong with it. */
export type Answer =
  | { readonly response: unknown; readonly cause: null; readonly tokens: Tokens | null }
  | { readonly response: null; readonly cause: FailureCause; readonly tokens: Tokens | null };

export interface ReadAnswerOptions {
  readonly operation: Operation;
  readonly contentType: string;
  /** Whether an answer that a content filter blocked is a failure. */
  readonly blockedAnswerFails: boolean;
  readonly secrets: readonly string[];
}

/** Judges the body of a 200, leniently: what looks like an answer is one, and unknown fields pass through. */
export function readAnswer(bodyText: string, options: ReadAnswerOptions): Answer {
  const { secrets } = options;
  if (bodyText.trim() === '') {
    return failed({ type: 'invalid response', message: 'the provider answered 200 with an empty body' });
  }
  const response = parseJson(bodyText);
  if (response === undefined) {
    const kind = options.contentType === '' ? 'no JSON' : `no JSON (${redactedName(options.contentType, secrets)})`;
    const message = `the provider answered 200 with ${kind}: ${pageText(bodyText, secrets)}`;
    return failed({ type: 'invalid response', message });
  }

  return judgeAnswer(response, options);
}

/** Judges an answer that is there as JSON. */
export function judgeAnswer(response: unknown, options: Omit<ReadAnswerOptions, 'contentType'>): Answer {
  const body = fieldsOf(response);
  const tokens = tokensOf(body['usage']);
  const problem = problemOf(body, options);
  if (problem !== null) return failed(problem, tokens);
  const bytes = jsonBytes(response);
  if (bytes > MAX_PAYLOAD_BYTES) return failed({ type: 'answer too large', bytes }, tokens);
  return { response, cause: null, tokens };
}

/** Why a body under a 200 is no answer; null: it is one. */
function problemOf(
  body: Record<string, unknown>,
  { operation, blockedAnswerFails, secrets }: Omit<ReadAnswerOptions, 'contentType'>,
): FailureCause | null {
  const row: OperationRow = OPERATIONS[operation];
  const answer = body[row.answer];
  const parts: unknown[] = Array.isArray(answer) ? answer : [];
  const status = row.ending === 'status' ? body['status'] : undefined;
  const error = errorIn200(body, parts.length > 0, secrets);
  if (error !== null || status === 'failed') {
    return { type: 'error in a 200', error: error ?? providerErrorOf(body, secrets) };
  }
  if (blockedAnswerFails && isBlocked(row, body, parts)) return { type: 'content filter' };
  // Cut short by a limit of the request: what there is, is the answer.
  if (status === 'incomplete') return null;
  if (typeof status === 'string' && UNFINISHED.includes(status)) {
    return { type: 'invalid response', message: `the provider answered 200 with the status ${status}` };
  }
  return parts.length > 0
    ? null
    : { type: 'invalid response', message: `the provider answered 200 without ${row.answer}` };
}

/** Statuses of a response without an answer. */
const UNFINISHED: readonly string[] = ['queued', 'in_progress', 'cancelled'];

function failed(cause: FailureCause, tokens: Tokens | null = null): Answer {
  return { response: null, cause, tokens };
}

function isBlocked({ ending }: OperationRow, body: Record<string, unknown>, parts: unknown[]): boolean {
  switch (ending) {
    case 'finish_reason':
      return parts.length > 0 && parts.every((part) => fieldsOf(part)['finish_reason'] === 'content_filter');
    case 'status':
      return body['status'] === 'incomplete' && fieldsOf(body['incomplete_details'])['reason'] === 'content_filter';
    case null:
      return false;
  }
}

/** The tokens that a provider says it charged; null when it does not say. */
export function tokensOf(usage: unknown): Tokens | null {
  const fields = fieldsOf(usage);
  const count = (...names: string[]) => names.map((name) => fields[name]).find((value) => typeof value === 'number');
  const prompt = count('prompt_tokens', 'input_tokens') ?? 0;
  const completion = count('completion_tokens', 'output_tokens') ?? 0;
  const total = count('total_tokens') ?? prompt + completion;
  return total === 0 ? null : { prompt, completion, total };
}

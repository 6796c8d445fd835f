import type { FailureCause, Tokens } from '../core/failure-facts.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../core/limits.js';
import { OPERATIONS, type Operation, type OperationRow } from '../core/operations.js';
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
  const { operation, secrets } = options;
  if (bodyText.trim() === '')
    return failed({ type: 'invalid response', message: 'the provider answered 200 with an empty body' });
  const response = parseJson(bodyText);
  if (response === undefined) {
    const kind = options.contentType === '' ? 'no JSON' : `no JSON (${options.contentType.slice(0, 60)})`;
    const message = `the provider answered 200 with ${kind}: ${pageText(bodyText, secrets)}`;
    return failed({ type: 'invalid response', message });
  }

  const row: OperationRow = OPERATIONS[operation];
  const body = fieldsOf(response);
  const tokens = tokensOf(body['usage']);
  const parts = body[row.answer];
  if (!Array.isArray(parts) || parts.length === 0) {
    return body['error'] === undefined || body['error'] === null
      ? failed({ type: 'invalid response', message: `the provider answered 200 without ${row.answer}` }, tokens)
      : failed({ type: 'error in a 200', error: providerErrorOf(response, secrets) }, tokens);
  }
  if (options.blockedAnswerFails && isBlocked(row, parts)) return failed({ type: 'content filter' }, tokens);
  const bytes = jsonBytes(response);
  if (bytes > MAX_PAYLOAD_BYTES) return failed({ type: 'answer too large', bytes }, tokens);
  return { response, cause: null, tokens };
}

function failed(cause: FailureCause, tokens: Tokens | null = null): Answer {
  return { response: null, cause, tokens };
}

function isBlocked({ finishReason }: OperationRow, parts: unknown[]): boolean {
  return finishReason !== null && parts.every((part) => fieldsOf(part)[finishReason] === 'content_filter');
}

function tokensOf(usage: unknown): Tokens | null {
  const fields = fieldsOf(usage);
  const count = (...names: string[]) => names.map((name) => fields[name]).find((value) => typeof value === 'number');
  const prompt = count('prompt_tokens', 'input_tokens') ?? 0;
  const completion = count('completion_tokens', 'output_tokens') ?? 0;
  const total = count('total_tokens') ?? prompt + completion;
  return total === 0 ? null : { prompt, completion, total };
}

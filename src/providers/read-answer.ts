import type { FailureCause, Tokens } from '../core/errors/failure-facts.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { redactedName } from '../core/common/redact.js';
import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import { finishMeaning } from '../core/errors/tables/finish-reasons.js';
import { whyNoAnswer } from './empty-answer.js';
import { errorIn200 } from './error-in-200.js';
import type { AnswerSchema } from './schema/answer-schema.js';
import { fieldsOf, pageText, parseJson, providerErrorOf } from './provider-error.js';
import { StreamReader } from './stream/stream-reader.js';
import { tokensOf } from './tokens.js';

/** An answer, or what is wrong with it. */
export type Answer =
  | { readonly response: unknown; readonly cause: null; readonly tokens: Tokens | null }
  | { readonly response: null; readonly cause: FailureCause; readonly tokens: Tokens | null };

export interface ReadAnswerOptions {
  readonly operation: Operation;
  /** How many choices were asked for. */
  readonly choices: number;
  readonly contentType: string;
  /** Whether an answer that a content filter blocked is a failure. */
  readonly blockedAnswerFails: boolean;
  readonly secrets: readonly string[];
  /** What the answer must fit. @default nothing */
  readonly schema?: AnswerSchema | null;
}

type JudgeOptions = Omit<ReadAnswerOptions, 'contentType' | 'choices'>;

/** Judges the body of a 200, leniently: what looks like an answer is one, and unknown fields pass through. */
export function readAnswer(bodyText: string, options: ReadAnswerOptions): Answer {
  const { secrets } = options;
  if (bodyText.trim() === '') {
    return failed({ type: 'invalid response', message: 'the provider answered 200 with an empty body' });
  }
  const response = parseJson(bodyText);
  const streamed = response === undefined ? readStreamed(bodyText, options) : null;
  if (streamed !== null) return streamed;
  if (response === undefined) {
    const kind = options.contentType === '' ? 'no JSON' : `no JSON (${redactedName(options.contentType, secrets)})`;
    const message = `the provider answered 200 with ${kind}: ${pageText(bodyText, secrets)}`;
    return failed({ type: 'invalid response', message });
  }

  return judgeAnswer(response, options);
}

/** The first line of server-sent events. */
const STREAM = /^\uFEFF?\s*(?:data|event|id|retry)?:/;

/** Reads a stream that came where JSON was asked for; null: it is none. */
function readStreamed(bodyText: string, options: ReadAnswerOptions): Answer | null {
  const { stream: form }: OperationRow = OPERATIONS[options.operation];
  if (form === null || !STREAM.test(bodyText)) return null;
  const reader = new StreamReader(form, options.secrets, { choices: options.choices });
  reader.take(bodyText);
  const end = reader.end();
  switch (end.type) {
    case 'answer':
      return judgeAnswer(end.response, options);
    case 'broken':
      return failed(end.cause, reader.tokens);
    case 'no stream':
      return null;
  }
}

/** Judges an answer that is there as JSON. */
export function judgeAnswer(response: unknown, options: JudgeOptions): Answer {
  const body = fieldsOf(response);
  const tokens = tokensOf(body['usage']);
  const problem = problemOf(body, options);
  if (problem !== null) return failed(problem, tokens);
  const bytes = jsonBytes(response);
  if (bytes > MAX_PAYLOAD_BYTES) return failed({ type: 'answer too large', bytes }, tokens);
  const mismatch = options.schema?.judge(body) ?? null;
  return mismatch === null ? { response, cause: null, tokens } : failed(mismatch, tokens);
}

/** Why a body under a 200 is no answer; null: it is one. */
function problemOf(
  body: Record<string, unknown>,
  { operation, blockedAnswerFails, secrets }: JudgeOptions,
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
  const why = parts.length > 0 ? whyNoAnswer(row, body, parts) : `the provider answered 200 without ${row.answer}`;
  return why === null ? null : { type: 'invalid response', message: why };
}

/** Statuses of a response without an answer. */
const UNFINISHED: readonly string[] = ['queued', 'in_progress', 'cancelled'];

function failed(cause: FailureCause, tokens: Tokens | null = null): Answer {
  return { response: null, cause, tokens };
}

function isBlocked({ ending }: OperationRow, body: Record<string, unknown>, parts: unknown[]): boolean {
  switch (ending) {
    case 'finish_reason':
      return parts.length > 0 && parts.every((part) => finishMeaning(fieldsOf(part)['finish_reason']) === 'blocked');
    case 'status':
      return body['status'] === 'incomplete' && fieldsOf(body['incomplete_details'])['reason'] === 'content_filter';
    case null:
      return false;
  }
}

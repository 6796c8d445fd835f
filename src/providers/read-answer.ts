import type { FailureCause, Tokens } from '../core/errors/failure-facts.js';
import { bytesOver, MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { redactedName } from '../core/common/redact.js';
import { OPERATIONS, type Operation } from '../core/common/operations.js';
import { apiOf } from './apis.js';
import { errorIn200 } from './error-in-200.js';
import type { AnswerSchema } from './schema/answer-schema.js';
import { fieldsOf } from '../core/common/fields.js';
import { pageText, parseJson, providerErrorOf } from './provider-error.js';
import { StreamReader } from './stream/stream-reader.js';
import { tokensOf, usageIn } from './tokens.js';

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
  /** The largest answer that can be kept, in bytes of JSON. @default what goes through Temporal */
  readonly maxAnswerBytes?: number | undefined;
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
  const { operation, choices, secrets, maxAnswerBytes } = options;
  if (OPERATIONS[operation].stream === null || !STREAM.test(bodyText)) return null;
  const reader = new StreamReader(apiOf(operation).assembler(operation, choices), secrets, null, maxAnswerBytes);
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
  const { maxAnswerBytes: mostBytes = MAX_PAYLOAD_BYTES } = options;
  const body = fieldsOf(response);
  const tokens = tokensOf(usageIn(body));
  const problem = problemOf(body, options);
  if (problem !== null) return failed(problem, tokens);
  const bytes = bytesOver([response], mostBytes);
  if (bytes !== null) return failed({ type: 'answer too large', bytes, mostBytes }, tokens);
  const mismatch = options.schema?.judge(body) ?? null;
  return mismatch === null ? { response, cause: null, tokens } : failed(mismatch, tokens);
}

/** Why a body under a 200 is no answer; null: it is one. */
function problemOf(
  body: Record<string, unknown>,
  { operation, blockedAnswerFails, secrets }: JudgeOptions,
): FailureCause | null {
  const answer = body[OPERATIONS[operation].answer];
  const parts: unknown[] = Array.isArray(answer) ? answer : [];
  const form = apiOf(operation).answerForm(operation);
  const error = errorIn200(body, parts.length > 0, secrets);
  if (error !== null || form.hasFailed(body)) {
    return { type: 'error in a 200', error: error ?? providerErrorOf(body, secrets) };
  }
  if (blockedAnswerFails && form.isBlocked(body, parts)) return { type: 'content filter' };
  const why = form.whyNone(body, parts);
  return why === null ? null : { type: 'invalid response', message: why };
}

function failed(cause: FailureCause, tokens: Tokens | null = null): Answer {
  return { response: null, cause, tokens };
}

import type { Script, Step, RecordedRequest } from '../../../src/mock-provider/index.js';
import { retryAfterMs } from '../../../src/core/errors/retry-after.js';
import { createProgress } from '../../../src/mock-provider/progress.js';
import { exactly, type Span } from './span.js';

/** What an upstream did beside the error that it caused: what the rules ask for, and no ledger tells. */
export interface AttemptFacts {
  /** How long it asked to wait; null: it did not. */
  readonly retryAfterMs: Span | null;
  /** Whether it wants no retry: `x-should-retry: false`, a used-up quota. */
  readonly providerRefusesRetry: boolean;
  /** Whether content had been read from its stream. */
  readonly contentRead: boolean;
  /** Whether its answer was one that a content filter blocked. */
  readonly blocked: boolean;
}

/** Of attempts that reached no upstream. */
export const NO_FACTS: AttemptFacts = {
  retryAfterMs: null,
  providerRefusesRetry: false,
  contentRead: false,
  blocked: false,
};

/** Gives what the upstream did with each request, when they are named in the order in which they came. */
export function upstreamFacts(script: Script): (request: RecordedRequest) => AttemptFacts {
  const progress = createProgress(script);
  return ({ model, body }) => {
    const json = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    return factsOf(progress.next(model ?? '', json), json['stream'] === true);
  };
}

function factsOf(step: Step, streams: boolean): AttemptFacts {
  const headers = new Headers(step.headers);
  const contentRead = streams && hasContent(step);
  return {
    retryAfterMs: retryAfter(headers),
    providerRefusesRetry: headers.get('x-should-retry')?.toLowerCase() === 'false' || isQuota(step),
    contentRead,
    // What was sent already is not taken back.
    blocked: isBlocked(step) && !contentRead,
  };
}

/** Dates are whole seconds, and the answer's own date is one as well. */
const DATE_MS = 1000;

function retryAfter(headers: Headers): Span | null {
  const value = headers.get('retry-after') ?? undefined;
  const [, ahead] = /^@date([+-]\d+)$/.exec(value ?? '') ?? [];
  const ms = retryAfterMs({ 'retry-after-ms': headers.get('retry-after-ms') ?? undefined, 'retry-after': value }, 0);
  if (ms !== null) return exactly(ms);
  if (ahead === undefined) return null;
  return [Math.max(0, Number(ahead) * 1000 - DATE_MS), Math.max(0, Number(ahead) * 1000 + DATE_MS)];
}

/** Text, or the begin of a tool call, in a stream that is written out. */
const CONTENT = /"(?:content|text|refusal|reasoning_content)":\s*"[^"]|"tool_calls":\s*\[\s*\{/;

function hasContent({ sse = [], content = '', raw = '' }: Step): boolean {
  return content !== '' || sse.some((text) => text !== '') || CONTENT.test(raw);
}

function isQuota(step: Step): boolean {
  if (step.error === 'quota') return true;
  const { code, type, status = code } = errorOf(step);
  const answered = step.status ?? 200;
  return [code, type].includes('insufficient_quota') && (answered === 200 ? Number(status) : answered) === 429;
}

function errorOf({ error, body, raw = '{}' }: Step): Record<string, unknown> {
  if (typeof error === 'object') return error;
  const found = (body ?? jsonOf(raw)) as { error?: Record<string, unknown> } | null;
  return found?.error ?? {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isBlocked({ finish_reason, body }: Step): boolean {
  if (finish_reason === 'content_filter') return true;
  const choices = (body as { choices?: { finish_reason?: unknown }[] } | undefined)?.choices ?? [];
  return choices.length > 0 && choices.every((choice) => choice.finish_reason === 'content_filter');
}

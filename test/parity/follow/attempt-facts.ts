import type { Script, Step } from '../../../src/mock-provider/index.js';
import type { RecordedRequest } from '../../../src/mock-provider/index.js';
import { createProgress } from '../../../src/mock-provider/progress.js';
import { exactly, type Span } from './span.js';

/** What an upstream did beside the error that it caused: what the rules ask for, and no ledger tells. */
export interface AttemptFacts {
  /** How long it asked to wait; null: it did not. */
  readonly retryAfterMs: Span | null;
  /** Whether it wants no retry: `x-should-retry: false`, a used-up quota. */
  readonly toldNotToRetry: boolean;
  /** Whether content had been read from its stream. */
  readonly contentRead: boolean;
  /** Whether its answer was one that a content filter blocked. */
  readonly blocked: boolean;
}

/** Of attempts that reached no upstream. */
export const NO_FACTS: AttemptFacts = { retryAfterMs: null, toldNotToRetry: false, contentRead: false, blocked: false };

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
  return {
    retryAfterMs: retryAfter(headers),
    toldNotToRetry: headers.get('x-should-retry') === 'false' || JSON.stringify(step).includes('insufficient_quota'),
    contentRead: streams && (step.sse ?? []).some((text) => text !== ''),
    blocked: isBlocked(step),
  };
}

/** Dates are whole seconds, and the answer's own date is one as well. */
const DATE_MS = 1000;

function retryAfter(headers: Headers): Span | null {
  const ms = headers.get('retry-after-ms');
  if (ms !== null) return exactly(Number(ms));
  const value = headers.get('retry-after');
  if (value === null) return null;
  const [, ahead] = /^@date([+-]\d+)$/.exec(value) ?? [];
  if (ahead === undefined) return exactly(Number(value) * 1000);
  return [Math.max(0, Number(ahead) * 1000 - DATE_MS), Math.max(0, Number(ahead) * 1000 + DATE_MS)];
}

function isBlocked({ finish_reason, body }: Step): boolean {
  if (finish_reason === 'content_filter') return true;
  const choices = (body as { choices?: { finish_reason?: unknown }[] } | undefined)?.choices ?? [];
  return choices.length > 0 && choices.every((choice) => choice.finish_reason === 'content_filter');
}

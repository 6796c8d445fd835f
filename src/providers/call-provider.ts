import { Agent } from 'undici';
import type { FailureCause, FailureFacts, Phase, Tokens } from '../core/failure-facts.js';
import { connectionFailure } from './connection-failure.js';
import { AnswerTooLargeError, exchange, type Exchange } from './exchange.js';
import { readProviderError } from './provider-error.js';
import type { ProviderRequest } from './provider-request.js';
import { readAnswer } from './read-answer.js';

export interface ProviderAnswer {
  readonly facts: null;
  readonly response: unknown;
  readonly status: number;
  readonly requestId: string | null;
  readonly tokens: Tokens | null;
}

export interface ProviderFailure {
  readonly facts: FailureFacts;
}

export type CallProvider = (request: ProviderRequest) => Promise<ProviderAnswer | ProviderFailure>;

/** Node's timers hold no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Makes the function that asks a provider: one HTTP request, never a retry. Whatever the provider does comes back as
 * an answer or as the facts of a failure; only an interruption is thrown.
 * @param secrets - keys that must not appear in any text that comes back
 */
export function createCallProvider(secrets: readonly string[]): CallProvider {
  // undici's own time-outs (300 s for headers and between pieces of a body) would end slow answers: ours rule.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return async (request) => {
    const { interrupt, limit } = request;
    interrupt.throwIfAborted();
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), Math.min(limit.limitMs, LONGEST_TIMER_MS));
    const received: Exchange = { status: null, headers: new Headers(), phase: 'waiting for the answer' };
    try {
      const bodyText = await exchange(request, received, dispatcher, AbortSignal.any([interrupt, timer.signal]));
      return judge(request, received, bodyText, secrets);
    } catch (error) {
      interrupt.throwIfAborted();
      if (timer.signal.aborted) {
        return { facts: factsOf(received, { type: 'timeout', ...limit }, received.phase) };
      }
      if (error instanceof AnswerTooLargeError) {
        return { facts: factsOf(received, { type: 'answer too large', bytes: error.bytes }, received.phase) };
      }
      const { cause, phase } = connectionFailure(error, received.phase, secrets);
      return { facts: factsOf(received, cause, phase) };
    } finally {
      clearTimeout(timeout);
    }
  };
}

function judge(
  { operation, blockedAnswerFails }: ProviderRequest,
  received: Exchange,
  bodyText: string,
  secrets: readonly string[],
): ProviderAnswer | ProviderFailure {
  const status = received.status ?? 0;
  if (status < 200 || status >= 300) {
    const error = readProviderError(bodyText, secrets);
    return { facts: factsOf(received, { type: 'http', status, error }, received.phase) };
  }
  const contentType = received.headers.get('content-type') ?? '';
  const answer = readAnswer(bodyText, { operation, contentType, blockedAnswerFails, secrets });
  return answer.cause === null
    ? {
        facts: null,
        response: answer.response,
        status,
        requestId: requestIdOf(received.headers),
        tokens: answer.tokens,
      }
    : {
        facts: { ...factsOf(received, answer.cause, received.phase), ...(answer.tokens && { tokens: answer.tokens }) },
      };
}

function factsOf({ headers }: Exchange, cause: FailureCause, phase: Phase): FailureFacts {
  const get = (name: string) => headers.get(name) ?? undefined;
  return {
    cause,
    phase,
    headers: {
      'retry-after': get('retry-after'),
      'retry-after-ms': get('retry-after-ms'),
      'x-should-retry': get('x-should-retry'),
      date: get('date'),
    },
    requestId: requestIdOf(headers) ?? undefined,
  };
}

/** Where OpenAI, Azure and Anthropic put the id that their support asks for. */
const REQUEST_ID_HEADERS = ['x-request-id', 'apim-request-id', 'request-id'] as const;

function requestIdOf(headers: Headers): string | null {
  return (
    REQUEST_ID_HEADERS.map((name) => headers.get(name))
      .find((value) => value !== null)
      ?.slice(0, 100) ?? null
  );
}

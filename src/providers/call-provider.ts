import { interceptors, type Dispatcher } from 'undici';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { providerHeaders, type ProviderHeaders } from '../core/common/provider-headers.js';
import { redactedMessage, redactedName } from '../core/common/redact.js';
import { cutText } from '../core/common/text.js';
import type { Connection } from '../config/index.js';
import type { FailureCause, FailureFacts, Phase, Tokens } from '../core/errors/failure-facts.js';
import { isLimitHeader } from '../core/errors/tables/limit-headers.js';
import { garbage } from '../garbage.js';
import { apiOf } from './apis.js';
import { startAttemptTimer } from './attempt-timer.js';
import { connectionFailure } from './connection-failure.js';
import { createDispatcher } from './dispatcher.js';
import { AnswerTooLargeError, exchange, type Exchange } from './exchange.js';
import { readProviderError } from './provider-error.js';
import { UnfitNameError } from './provider-api.js';
import type { ProviderRequest } from './provider-request.js';
import { judgeAnswer, readAnswer, type Answer } from './read-answer.js';
import { answerSchema, type AnswerSchema } from './schema/answer-schema.js';
import { Schemas } from './schema/schemas.js';
import { HeldEvents } from './stream/held-events.js';
import { SignInRefusedError } from './sign-in/sign-request.js';
import { SignIns } from './sign-in/sign-ins.js';
import { StreamReader, type StreamEnd } from './stream/stream-reader.js';
import { choicesAsked, streamForm } from './stream/stream-request.js';
import { askingForUsage, refusesQuestion, unasked } from './stream/usage-question.js';

/** As much of the address that a redirect leads to as an error tells. */
const MAX_TARGET_LENGTH = 150;

export interface ProviderAnswer {
  readonly facts: null;
  readonly response: unknown;
  readonly status: number;
  readonly requestId: string | null;
  readonly providerHeaders: ProviderHeaders;
  readonly tokens: Tokens | null;
}

export interface ProviderFailure {
  readonly facts: FailureFacts;
}

/** An exchange that was stopped from outside. */
export class InterruptedError extends Error {
  /** What the provider had told of its charge by then. */
  readonly tokens: Tokens | null;

  constructor(cause: unknown, tokens: Tokens | null) {
    super('the request to the provider was interrupted', { cause });
    this.tokens = tokens;
  }
}

export type CallProvider = (request: ProviderRequest) => Promise<ProviderAnswer | ProviderFailure>;

/**
 * Makes the function that asks a provider: one HTTP request, never a retry. Whatever the provider does comes back as
 * an answer or as the facts of a failure; only an interruption is thrown. The answer to a request for a stream is read
 * as it comes, and comes back whole.
 * @param known - keys that must not appear in any text that comes back
 * @param env - has the proxies to go through
 * @throws InterruptedError
 */
export function createCallProvider(known: readonly string[], env: NodeJS.ProcessEnv = process.env): CallProvider {
  const connections = createDispatcher(env);
  const dispatcher = connections.compose(interceptors.decompress({ skipErrorResponses: false }));
  const signIns = new SignIns(connections, known);
  const { secrets } = signIns;
  const schemas = new Schemas(secrets);
  // Endpoints that take no question for the tokens of a stream: they are not asked twice.
  const refusing = new WeakSet<Connection>();
  return async (request) => {
    const { operation } = request;
    const schema = answerSchema(request, schemas);
    if (schema !== null && 'type' in schema) return { facts: { cause: schema, phase: 'connecting', headers: {} } };
    const once = { dispatcher, signIns, schema };
    if (streamForm(request) === null) return callOnce(request, once, null);
    const ask = async (asked: ProviderRequest, hidesUsage: boolean) => {
      const held = request.passOn === undefined ? null : new HeldEvents(hidesUsage);
      const assembler = apiOf(operation).assembler(operation, choicesAsked(request));
      const reader = new StreamReader(assembler, secrets, held, request.maxAnswerBytes);
      return callOnce(asked, once, reader);
    };
    const question = askingForUsage(request);
    if (question === null || refusing.has(request.connection)) return ask(unasked(request), false);
    const askedMs = performance.now();
    const outcome = await ask(question, true);
    if (outcome.facts === null || !refusesQuestion(outcome.facts, request)) return outcome;
    refusing.add(request.connection);
    // What was added is taken back: the attempt is still the same, and has no more time.
    const { limitMs, scope } = request.limit;
    return ask({ ...request, limit: { limitMs: Math.max(1, limitMs - (performance.now() - askedMs)), scope } }, false);
  };
}

interface CallContext {
  readonly dispatcher: Dispatcher;
  readonly signIns: SignIns;
  /** What the answer must fit; null: anything. */
  readonly schema: AnswerSchema | null;
}

async function callOnce(
  request: ProviderRequest,
  context: CallContext,
  stream: StreamReader | null,
): Promise<ProviderAnswer | ProviderFailure> {
  const { dispatcher, signIns } = context;
  const { secrets } = signIns;
  const { signIn } = request.connection;
  const { interrupt, limit, streamLimits, passOn, withdraw = async () => false } = request;
  if (interrupt.aborted) throw new InterruptedError(interrupt.reason, null);
  const timer = startAttemptTimer(limit, stream === null ? null : streamLimits);
  const received: Exchange = { status: null, headers: new Map(), phase: 'waiting for the answer' };
  let isPassedOn = false;
  // What a reader has seen cannot be taken back. Where nobody reads along, what the worker has read counts.
  const isDelivered = async () =>
    (passOn === undefined ? stream?.hasContent === true : isPassedOn) && !(await withdraw());
  let kept: ProviderHeaders | undefined;
  // Once for all pieces of a stream.
  const handedOn = () => (kept ??= providerHeaders(received.headers, secrets));
  const failed = async (cause: FailureCause, { phase = received.phase, tokens = null as Tokens | null } = {}) => ({
    facts: {
      ...factsOf(received, cause, phase, secrets),
      providerHeaders: received.status === null ? undefined : handedOn(),
      // What a stream told before it broke was charged.
      tokens: tokens ?? stream?.tokens ?? undefined,
      ...((await isDelivered()) && { contentDelivered: true }),
    },
  });
  const takePiece = (text: string): boolean => {
    const wantsMore = stream?.take(text) ?? true;
    timer.heard(stream?.hasContent ?? false);
    const events = stream?.passable() ?? [];
    if (events.length > 0) {
      isPassedOn = true;
      passOn?.(events, false, handedOn());
    }
    return wantsMore;
  };
  try {
    const signal = AbortSignal.any([interrupt, timer.signal]);
    const sign = signIn === undefined ? null : signIns.sign(signIn);
    const bodyText = await exchange(
      request,
      received,
      { dispatcher, signal, sign, hold: timer.hold },
      stream && takePiece,
    );
    const end: StreamEnd = stream?.end() ?? { type: 'no stream', bodyText };
    let answer = judge(request, received, bodyText, end, context);
    // Another group must not answer a second time.
    if (answer.cause?.type === 'content filter' && (await isDelivered())) {
      answer = judge({ ...request, blockedAnswerFails: false }, received, bodyText, end, context);
    }
    garbage.collect(bodyText.length);
    if (answer.cause !== null) return await failed(answer.cause, { tokens: answer.tokens });
    const last = stream?.lastEvents() ?? null;
    if (last !== null) passOn?.(last, true, handedOn());
    return {
      facts: null,
      response: answer.response,
      status: received.status ?? 0,
      requestId: requestIdOf(received.headers, secrets),
      providerHeaders: handedOn(),
      tokens: answer.tokens,
    };
  } catch (error) {
    if (interrupt.aborted) throw new InterruptedError(interrupt.reason, stream?.tokens ?? null);
    if (timer.reached !== null) return await failed(timer.reached);
    if (error instanceof AnswerTooLargeError) {
      const mostBytes = request.maxAnswerBytes ?? MAX_PAYLOAD_BYTES;
      return await failed({ type: 'answer too large', bytes: error.bytes, mostBytes });
    }
    if (error instanceof UnfitNameError) {
      return await failed({
        type: 'unknown deployment',
        message: `"${request.model}" cannot be the name of a deployment`,
      });
    }
    if (error instanceof SignInRefusedError) {
      const message = redactedMessage(error.message, secrets);
      return await failed({ type: 'http', status: 401, error: { message } }, { phase: 'connecting' });
    }
    const { cause, phase } = connectionFailure(error, received.phase, secrets);
    return await failed(cause, { phase });
  } finally {
    timer.stop();
  }
}

/** What came back with a whole body. */
function judge(
  request: ProviderRequest,
  { status: received, headers }: Exchange,
  bodyText: string,
  end: StreamEnd,
  { signIns: { secrets }, schema }: CallContext,
): Answer {
  const status = received ?? 0;
  const broken = (cause: FailureCause): Answer => ({ response: null, cause, tokens: null });
  if (status >= 300 && status < 400) return broken({ type: 'redirect', status, target: targetOf(headers, secrets) });
  if (status < 200 || status >= 300) {
    return broken({ type: 'http', status, error: readProviderError(bodyText, secrets) });
  }
  const { operation, blockedAnswerFails, maxAnswerBytes } = request;
  const contentType = headers.get('content-type') ?? '';
  const choices = choicesAsked(request);
  const options = { operation, choices, contentType, blockedAnswerFails, secrets, schema, maxAnswerBytes };
  switch (end.type) {
    case 'no stream':
      return readAnswer(end.bodyText, options);
    case 'broken':
      return broken(end.cause);
    case 'answer':
      return judgeAnswer(end.response, options);
  }
}

/** Where a redirect leads. Its query may have a secret in it, and says nothing about the address. */
function targetOf(headers: Exchange['headers'], secrets: readonly string[]): string | null {
  const location = headers.get('location')?.replace(/[?#].*$/s, '') ?? '';
  return location === '' ? null : cutText(redactedMessage(location, secrets), MAX_TARGET_LENGTH);
}

function factsOf({ headers }: Exchange, cause: FailureCause, phase: Phase, secrets: readonly string[]): FailureFacts {
  // LiteLLM's proxy sends some headers of its own, and hands those of its provider on under a prefix.
  const get = (name: string) => headers.get(name) ?? headers.get(`llm_provider-${name}`);
  const limits = [...headers.keys()].map((name) => name.replace('llm_provider-', '')).filter(isLimitHeader);
  return {
    cause,
    phase,
    headers: {
      ...Object.fromEntries(limits.map((name) => [name, get(name)])),
      'retry-after': get('retry-after'),
      'retry-after-ms': get('retry-after-ms'),
      'x-should-retry': get('x-should-retry'),
      date: get('date'),
    },
    requestId: requestIdOf(headers, secrets) ?? undefined,
  };
}

/** Where OpenAI, Azure, Anthropic and LiteLLM's proxy put the id that their support or their logs ask for. */
const REQUEST_ID_HEADERS = ['x-request-id', 'apim-request-id', 'request-id', 'x-litellm-call-id'] as const;

function requestIdOf(headers: Exchange['headers'], secrets: readonly string[]): string | null {
  const id = REQUEST_ID_HEADERS.map((name) => headers.get(name)).find((value) => value !== undefined);
  return id === undefined ? null : redactedName(id, secrets);
}

import type { EndpointName } from './endpoints.js';
import {
  errorBody,
  errorBodyOfStatus,
  errorStatus,
  withError,
  type Dialect,
  type ErrorFacts,
  type ErrorName,
} from './error-bodies.js';
import type { JsonObject } from './prompt.js';
import type { Step } from './steps.js';
import { errorEvent, MALFORMED_EVENT, splitWords, STREAMS, wantsStream } from './stream-events.js';
import { SUCCESS_BODIES, type Answer } from './success-bodies.js';

/** What goes over the wire for one request. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  /** Undefined: not even a status is sent. */
  body: string | undefined;
  /** Nothing is sent before the provider is told to go on. */
  isHeld: boolean;
  /** Sent after the body, when the provider is told to go on. */
  held?: string;
  /** What happens after the body; `cut` sends only half of it, then resets. */
  ending: 'end' | 'reset' | 'hang' | 'cut';
  delayMs: number | undefined;
  drip?: readonly [pieces: number, pauseSeconds: number];
}

/** A request that is good enough for a step. */
export interface AcceptedRequest {
  number: number;
  endpoint: EndpointName;
  dialect: Dialect;
  model: string;
  body: JsonObject;
  /** Lazy: only an answer about the key needs it. */
  facts: () => ErrorFacts;
}

type Content = Pick<Reply, 'body' | 'held'> & { type?: string; status?: number; ending?: Reply['ending'] };

/** What the provider sends when a step is applied to a request. */
export function respond(step: Step, request: AcceptedRequest, answer: (body: JsonObject) => string): Reply {
  const content = contentOf(step, request, answer);
  return {
    status: step.status ?? content.status ?? 200,
    headers: {
      'content-type': content.type ?? 'application/json',
      ...(step.headers && resolveHeaders(step.headers)),
    },
    body: content.body,
    isHeld: step.hold === true && content.held === undefined,
    ...(content.held !== undefined && { held: content.held }),
    ending: step.cut ? 'cut' : (content.ending ?? 'end'),
    delayMs: step.delay === undefined ? undefined : step.delay * 1000,
    ...(step.drip && { drip: step.drip }),
  };
}

/** An answer that comes from no step: a bad request, or one of the provider's own pages. */
export function plainReply(status: number, body: unknown): Reply {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(body), isHeld: false, ending: 'end', delayMs: undefined };
}

export function errorReply(name: ErrorName, dialect: Dialect, facts: ErrorFacts): Reply {
  return plainReply(errorStatus(name), withError(dialect, errorBody(name, dialect, facts)));
}

function contentOf(step: Step, request: AcceptedRequest, answer: (body: JsonObject) => string): Content {
  if (step.hang || step.reset) return { body: undefined, ending: step.hang ? 'hang' : 'reset' };
  if (step.sse) return goodContent(step, request, step.sse.join(''), step.sse);
  if (step.error !== undefined) return errorContent(step.error, request);
  if (step.raw !== undefined) return { body: step.raw, type: 'text/plain; charset=utf-8' };
  if (step.body !== undefined) return { body: JSON.stringify(step.body) };
  if (step.content !== undefined) return goodContent(step, request, step.content);
  if (step.large !== undefined) return goodContent(step, request, 'x'.repeat(step.large));
  if (step.status !== undefined && step.status >= 300) {
    const error = errorBodyOfStatus(step.status, request.dialect, request.facts());
    return { body: JSON.stringify(withError(request.dialect, error)) };
  }
  return goodContent(step, request, answer(request.body));
}

function errorContent(error: NonNullable<Step['error']>, request: AcceptedRequest): Content {
  const { dialect } = request;
  if (typeof error !== 'string') return { status: 500, body: JSON.stringify(withError(dialect, error)) };
  const body = errorBody(error, dialect, request.facts());
  return { status: errorStatus(error), body: JSON.stringify(withError(dialect, body)) };
}

function goodContent(step: Step, request: AcceptedRequest, text: string, pieces?: readonly string[]): Content {
  const { number, endpoint, model, body } = request;
  const answer: Answer = { number, model, text, finishReason: step.finish_reason ?? 'stop', request: body };
  const stream = wantsStream(body) ? STREAMS[endpoint] : undefined;
  if (stream === undefined) return { body: JSON.stringify(SUCCESS_BODIES[endpoint](answer)) };
  const events = stream(answer, pieces ?? splitWords(text));
  return { type: 'text/event-stream; charset=utf-8', ...endStream(step, request, events.pieces, events.closing) };
}

function endStream(step: Step, request: AcceptedRequest, pieces: string[], closing: string[]): Content {
  const { after, ending = 'end' } = endOfStream(step, request, closing);
  const body = pieces.join('');
  return step.hold ? { body, held: after.join(''), ending } : { body: [body, ...after].join(''), ending };
}

/** What comes after the pieces of a stream. */
function endOfStream(
  step: Step,
  request: AcceptedRequest,
  closing: string[],
): { after: string[]; ending?: Reply['ending'] } {
  const ending = step.then ?? 'done';
  switch (ending) {
    case 'done':
      return { after: closing };
    case 'end':
      return { after: [] };
    case 'malformed':
      return { after: [MALFORMED_EVENT, ...closing] };
    case 'error':
      return { after: [errorEvent(request.endpoint, streamError(step, request))] };
    case 'reset':
    case 'hang':
      return { after: [], ending };
  }
}

function streamError(step: Step, request: AcceptedRequest): JsonObject {
  if (typeof step.error === 'object') return step.error;
  return errorBody(step.error ?? '500', request.dialect, request.facts());
}

function resolveHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), resolveDate(value)]));
}

function resolveDate(value: string): string {
  const seconds = /^@date([+-]\d+(?:\.\d+)?)$/.exec(value)?.[1];
  return seconds === undefined ? value : new Date(Date.now() + Number(seconds) * 1000).toUTCString();
}

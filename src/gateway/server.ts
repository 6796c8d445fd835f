import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http';
import { createServer as httpsServer } from 'node:https';
import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Api } from '../core/common/operations.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { addHeaders } from './add-headers.js';
import { anthropicError } from './anthropic-errors.js';
import { describeApi } from './api-description.js';
import { RefusedRequests } from './audit.js';
import { limitBodyTime } from './body-time.js';
import { CALL_ID_HEADER } from '../core/call/response-headers.js';
import { ANYBODY, createIdentifyCaller, type Caller } from './callers.js';
import { followConnections } from './connections.js';
import type { GatewayContext } from './context.js';
import { Disconnected } from './disconnects.js';
import { errorAnswer } from './error-answer.js';
import { mustHaveOneKeyAtMost } from './idempotency-key.js';
import { useExactJson } from './json-bodies.js';
import { mustBeForLoopback } from './loopback.js';
import { noSuchPath } from './no-such-path.js';
import { answerBrokenRequest } from './broken-request.js';
import { DEFAULT_MAX_RECEIVING_BYTES, limitReceiving } from './receiving.js';
import { Refusal } from './refusal.js';
import { dropRestOfBody } from './rest-of-body.js';
import { registerBatchRoutes } from './routes/batches.js';
import { registerCallRoutes } from './routes/calls.js';
import { registerFileRoutes } from './routes/files.js';
import { registerHealthRoutes } from './routes/health.js';
import { registerMetricsRoute } from './routes/metrics.js';
import { registerModelRoutes } from './routes/models.js';
import { registerOperationRoutes } from './routes/operations.js';
import { registerCallActionRoutes } from './routes/call-actions.js';
import { registerManyCallsRoutes } from './routes/many-calls.js';
import { registerOperatorRoutes } from './routes/operators.js';
import { registerUnservedMessages } from './routes/unserved-messages.js';
import type { TlsContext } from './tls.js';
import { traceRequests } from './trace-requests.js';
import { closeUnread } from './unread-answers.js';

/** Who may use a route: anybody, any key, or a key whose requests are counted and limited. */
type Guard = 'open' | 'key' | 'counted';

declare module 'fastify' {
  interface FastifyContextConfig {
    guard?: Guard;
    /** Whose API the route is of. @default OpenAI's */
    api?: Api;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

/** Where Anthropic's clients look for the id of a request. */
const REQUEST_ID = 'request-id';

/** JSON may be written with escapes, which make a text up to three times as long as it is kept. Nobody sends images so. */
const ESCAPED = 3;

/** All headers of a request together. */
const MAX_HEADER_BYTES = 16_384;

/** How long a client may take to send headers, and then a body. */
const HEADERS_TIMEOUT_MS = 20_000;
const BODY_TIMEOUT_MS = 60_000;
const TIMEOUT_CHECK_MS = 5_000;

/** A client that takes nothing of its answer for so long is gone, whatever its connection says. */
const UNREAD_MS = 60_000;

/** Longer than load balancers keep idle connections: one that closes first loses requests that are on their way. */
const KEEP_ALIVE_MS = 75_000;

const HTTP_OPTIONS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  // Headers and bodies have times of their own; an answer may take hours.
  requestTimeout: 0,
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
} as const;

export interface ServerOptions {
  readonly gateway: GatewayContext;
  /** Whether only names of this machine are served: right where nobody needs a key. */
  readonly loopbackOnly: boolean;
  /** @default plain HTTP */
  readonly tls?: TlsContext | undefined;
}

/** The HTTP server of a gateway, not listening yet. */
export function createServer({ gateway, loopbackOnly, tls }: ServerOptions): FastifyInstance {
  const refused = new RefusedRequests(gateway);
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof Refusal) auditRefusal(refused, error, request);
    answerError(gateway, error, request, reply);
  };
  const app = fastify({
    bodyLimit: Math.max(ESCAPED * MAX_PAYLOAD_BYTES, gateway.client.maxRequestBytes),
    keepAliveTimeout: HTTP_OPTIONS.keepAliveTimeout,
    requestTimeout: HTTP_OPTIONS.requestTimeout,
    http: HTTP_OPTIONS,
    // Clients join a base URL that ends with a slash and a path that begins with one, or add one.
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    ...(tls && { serverFactory: (handler: RequestListener) => httpsServer({ ...HTTP_OPTIONS, ...tls }, handler) }),
    return503OnClosing: false,
    genReqId: requestId,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => answer(error, request, reply),
  });
  followConnections(app.server, (error, response) => {
    gateway.log.debug(
      { callId: response.getHeader(CALL_ID_HEADER), error: error.message },
      'a response could not be sent',
    );
  });
  app.decorateRequest('caller', null as unknown as Caller);
  app.setErrorHandler((error, request, reply) => answer(error, request, reply));
  app.setNotFoundHandler(({ method }) => noSuchPath(method));
  app.addHook('onRequest', async (request, reply) => {
    request.caller = ANYBODY;
    void reply.header('x-request-id', request.id);
    followRequest(gateway, request, reply);
    if (gateway.isStopping()) throw stopping();
    mustHaveOneKeyAtMost(request.raw);
    mustBePlain(request.headers);
  });
  app.addHook('onSend', async (_request, reply) => {
    // A connection that stays open for the next request would keep the server from closing.
    if (gateway.isStopping()) void reply.header('connection', 'close');
  });
  // JSON only: a web page can send text anywhere without being asked whether it may.
  app.removeContentTypeParser('text/plain');
  useExactJson(app);
  limitBodyTime(app, BODY_TIMEOUT_MS);
  dropRestOfBody(app, BODY_TIMEOUT_MS);
  limitReceiving(app, gateway.config.gateway.maxReceivingBytes ?? DEFAULT_MAX_RECEIVING_BYTES);
  closeUnread(app, UNREAD_MS);
  addGuard(app, gateway, loopbackOnly);
  if (gateway.traces !== undefined) traceRequests(app, gateway.traces);
  describeApi(app);
  app.after(() => {
    registerOperationRoutes(app, gateway);
    registerUnservedMessages(app);
    registerModelRoutes(app, gateway);
    registerCallRoutes(app, gateway);
    registerOperatorRoutes(app, gateway);
    registerCallActionRoutes(app, gateway);
    registerManyCallsRoutes(app, gateway);
    registerFileRoutes(app, gateway);
    registerBatchRoutes(app, gateway);
    registerHealthRoutes(app, gateway);
    registerMetricsRoute(app, gateway);
  });
  return app;
}

/** Lets in whoever may use a route. */
function addGuard(
  app: FastifyInstance,
  { config, admission, uploads, clock }: GatewayContext,
  loopbackOnly: boolean,
): void {
  const identify = createIdentifyCaller(config.gateway, () => clock.now());
  void app.register(rateLimit, { global: false });
  app.after(() => {
    const limitRate = app.rateLimit({
      timeWindow: '1 minute',
      keyGenerator: ({ caller }) => caller.id,
      allowList: ({ caller }) => caller.rpmLimit === undefined,
      max: ({ caller }) => caller.rpmLimit ?? Infinity,
      errorResponseBuilder: ({ caller }, { ttl }) => tooFast(caller, ttl),
    });
    app.addHook('onRequest', async (request, reply) => {
      const { guard = 'open', isUpload = false } = request.routeOptions.config;
      if (guard === 'open') return;
      if (loopbackOnly) mustBeForLoopback(request.headers.host);
      request.caller = identify(request.headers);
      if (guard === 'key') return;
      reply.raw.once('close', admission.enter(request.caller));
      if (isUpload) reply.raw.once('close', uploads.enter(request.caller));
      await limitRate.call(app, request, reply);
    });
  });
}

function tooFast({ id, rpmLimit }: Caller, ttlMs: number): Refusal {
  return new Refusal({
    kind: 'RateLimitError',
    message: `key ${id} may make ${rpmLimit} requests a minute, and has made them`,
    admission: 'limit of key',
    retryAfterSeconds: ttlMs / 1000,
    askAgain: true,
  });
}

/** Packed bodies are not unpacked: a small one can hold more than there is memory for. */
function mustBePlain({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): void {
  if (encoding.trim().toLowerCase() === 'identity') return;
  throw new Refusal({
    kind: 'BadRequestError',
    status: 415,
    message: `Content-Encoding: ${JSON.stringify(encoding.slice(0, 40))} is not served here; send the body plain, without that header`,
  });
}

function stopping(): Refusal {
  const message = 'this gateway is being stopped; nothing was started';
  return new Refusal({ kind: 'ServiceUnavailableError', message, retryAfterSeconds: 1, askAgain: true });
}

/** The client's own id of the request, where it can stand in a log and in a header. */
function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : `req_${randomUUID()}`;
}

/** Counts and logs a request when its response has ended, also when the client did not wait for that. */
function followRequest({ metrics, log }: GatewayContext, request: FastifyRequest, reply: FastifyReply): void {
  const startedMs = performance.now();
  reply.raw.once('close', () => {
    const route = request.routeOptions.url ?? '(none)';
    const status = reply.raw.writableFinished ? reply.statusCode : 499;
    const durationMs = Math.round(performance.now() - startedMs);
    metrics.requestEnded(route, status, durationMs);
    // Neither the address nor the body: both may hold what is nobody's business.
    log.info(
      {
        requestId: request.id,
        method: request.method,
        route,
        status,
        durationMs,
        caller: request.caller.id,
        callId: reply.getHeader(CALL_ID_HEADER),
      },
      'request',
    );
  });
}

function auditRefusal(refused: RefusedRequests, { admission, message: why }: Refusal, request: FastifyRequest): void {
  if (admission === undefined) return;
  const { id: requestId, method, routeOptions, caller } = request;
  const saysMore = admission !== 'no key' && admission !== 'unknown key';
  const route = routeOptions.url ?? '(none)';
  refused.tell({ refused: admission, caller: caller.id, requestId, method, route, ...(saysMore && { why }) });
}

function answerError(
  { log, config }: GatewayContext,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const repeatable = request.method === 'GET' || request.headers['idempotency-key'] !== undefined;
  // A body that ended too early takes whatever reads it along.
  const hasLeft = request.raw.destroyed && !request.raw.complete;
  const answer = errorAnswer(hasLeft ? new Disconnected('client') : error, {
    repeatable,
    exhaustedCallStatus: config.gateway.exhaustedCallStatus,
  });
  const { status, headers, body, unexpected } = answer;
  if (unexpected) log.error({ requestId: request.id, error }, 'a request failed unexpectedly');
  addHeaders(reply, headers);
  void reply.code(status);
  if (request.routeOptions.config.api !== 'anthropic') return void reply.send(body);
  // Of the provider's answer, where it was one.
  addHeaders(reply, { [REQUEST_ID]: request.id });
  void reply.send({ ...anthropicError(answer), request_id: reply.getHeader(REQUEST_ID) });
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, Traces } from '../traces/traces.js';
import { CALL_ID_HEADER } from '../core/call/response-headers.js';

/** Gives each request that needs a key a span, which its calls go on with. One that nobody is let in with has none. */
export function traceRequests(app: FastifyInstance, traces: Pick<Traces, 'request'>): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  app.addHook('onRequest', async (request, reply) => {
    const { guard = 'open' } = request.routeOptions.config;
    if (guard === 'open') return;
    const span = traces.request(request.method, request.headers);
    spans.set(request, span);
    reply.raw.once('close', () => {
      const callId = reply.getHeader(CALL_ID_HEADER);
      span.end({
        route: request.routeOptions.url ?? '',
        status: reply.raw.writableFinished ? reply.statusCode : 499,
        callId: typeof callId === 'string' ? callId : undefined,
      });
    });
  });
  // What runs before it, the reading of the body, comes from elsewhere and knows no span.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
}

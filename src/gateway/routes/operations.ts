import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { mustBeAllowed } from '../allowed-groups.js';
import { describedOperation } from '../api-description.js';
import type { GatewayContext } from '../context.js';
import { incomingCall } from '../incoming-call.js';
import { isDeferred } from '../call-timing.js';
import { Refusal } from '../refusal.js';
import { noSuchPath } from '../no-such-path.js';
import { serveCall } from '../serve-call.js';
import { streamCall } from '../stream-call.js';
import { streamOptionsOf } from '../stream-options.js';
import { DESCRIBED_PREFIX, MODEL_PREFIXES, PREFIXES_OF } from './prefixes.js';

/** The routes of OpenAI's API and of Anthropic's, one for each operation, under each prefix that clients use. */
export function registerOperationRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const { routing } = gateway.config;
  const serve = (operation: Operation, request: FastifyRequest, reply: FastifyReply, model?: string) => {
    const call = incomingCall(operation, request, gateway.config, model);
    mustBeAllowed(request.caller, call, routing);
    const streamOptions = streamOptionsOf(operation, call.request, request.headers);
    if (streamOptions !== null && isDeferred(call.timing)) throw streamedLater();
    return streamOptions === null ? serveCall(gateway, call, reply) : streamCall(gateway, call, streamOptions, reply);
  };
  for (const [name, { path, api }] of Object.entries(OPERATIONS)) {
    const operation = name as Operation;
    for (const prefix of PREFIXES_OF[api]) {
      const schema = prefix === DESCRIBED_PREFIX ? describedOperation(operation) : {};
      app.post(`${prefix}${path}`, { config: { guard: 'counted', api }, schema }, async (request, reply) =>
        serve(operation, request, reply),
      );
    }
  }
  for (const prefix of MODEL_PREFIXES) {
    // Names of groups may have slashes.
    app.post<{ Params: { '*': string } }>(`${prefix}/*`, { config: { guard: 'counted' } }, async (request, reply) => {
      const { operation, model } = modelInPath(request.params['*']) ?? noSuchPath(request.method);
      return serve(operation, request, reply, model);
    });
  }
}

function streamedLater(): Refusal {
  const message = 'a call that begins later cannot be streamed: leave "stream" out, and get its answer by its id';
  return new Refusal({ kind: 'BadRequestError', message });
}

/** Those that OpenAI's clients ask for, the longest path first: one operation's ends with another's. */
const BY_LENGTH = Object.entries(OPERATIONS)
  .filter(([, { api }]) => api === 'openai')
  .toSorted(([, one], [, other]) => other.path.length - one.path.length);

function modelInPath(rest: string): { operation: Operation; model: string } | null {
  const found = BY_LENGTH.find(([, { path }]) => rest.endsWith(path));
  if (found === undefined) return null;
  const [operation, { path }] = found;
  return { operation: operation as Operation, model: rest.slice(0, -path.length) };
}

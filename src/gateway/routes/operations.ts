import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { mustBeAllowed } from '../allowed-groups.js';
import { describedOperation } from '../api-description.js';
import type { GatewayContext } from '../context.js';
import { incomingCall } from '../incoming-call.js';
import { serveCall } from '../serve-call.js';
import { streamCall } from '../stream-call.js';
import { streamOptionsOf } from '../stream-options.js';

/** OpenAI's routes, one for each operation, with `/v1` and without. */
export function registerOperationRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  for (const [name, { path }] of Object.entries(OPERATIONS)) {
    const operation = name as Operation;
    const serve = async (request: FastifyRequest, reply: FastifyReply) => {
      const call = incomingCall(operation, request);
      mustBeAllowed(request.caller, call, gateway.config.routing);
      const streamOptions = streamOptionsOf(operation, call.request, request.headers);
      return streamOptions === null ? serveCall(gateway, call, reply) : streamCall(gateway, call, streamOptions, reply);
    };
    app.post(`/v1${path}`, { config: { guard: 'counted' }, schema: describedOperation(operation) }, serve);
    app.post(path, { config: { guard: 'counted' } }, serve);
  }
}

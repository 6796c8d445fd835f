import type { FastifyInstance, FastifyReply } from 'fastify';
import { Refusal } from './refusal.js';

/**
 * Returns what answers the requests that are still waiting when a gateway has to end, for a server that is away for
 * instance: of a connection that is cut, a client learns nothing.
 */
export function lastAnswers(app: FastifyInstance): () => void {
  const open = new Set<FastifyReply>();
  app.addHook('onRequest', async (_request, reply) => {
    open.add(reply);
    reply.raw.once('close', () => open.delete(reply));
  });
  return () => {
    for (const reply of open) if (!reply.sent && !reply.raw.headersSent) void reply.send(stopped());
  };
}

function stopped(): Refusal {
  const message = 'this gateway is being stopped; whether it has done what the request asks for is not known';
  return new Refusal({ kind: 'ServiceUnavailableError', message });
}

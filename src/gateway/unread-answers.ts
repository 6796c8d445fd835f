import type { FastifyInstance } from 'fastify';

/** Closes connections whose clients do not take an answer: each would hold what it is read from, and its place. */
export function closeUnread(app: FastifyInstance, timeoutMs: number): void {
  // From here on there is nothing to wait for but the client and, of a file, its storage.
  app.addHook('onSend', async (_request, { raw }) => {
    raw.setTimeout(timeoutMs, () => raw.destroy());
  });
}

import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the body may take as long as it goes on; the route looks after that. */
    isUpload?: boolean;
  }
}

/** Ends requests whose bodies do not arrive in time. Node's own limit would hold for uploads, too. */
export function limitBodyTime(app: FastifyInstance, timeoutMs: number): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    if (raw.complete || routeOptions.config.isUpload === true) return;
    const late = setTimeout(() => {
      if (raw.complete) return;
      const error = Object.assign(new Error('the body did not arrive'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      app.server.emit('clientError', error, raw.socket);
    }, timeoutMs);
    reply.raw.once('close', () => clearTimeout(late));
  });
}

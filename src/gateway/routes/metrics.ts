import type { FastifyInstance } from 'fastify';
import { described } from '../api-description.js';
import type { GatewayContext } from '../context.js';
import { Refusal } from '../refusal.js';

/** For Prometheus. A key that may not ask for every group may not see what is asked of them, either. */
export function registerMetricsRoute(app: FastifyInstance, { processMetrics }: GatewayContext): void {
  app.get(
    '/metrics',
    { config: { guard: 'key' }, schema: described('About', 'For Prometheus') },
    async ({ caller }, reply) => {
      if (caller.models !== undefined) {
        throw new Refusal({
          kind: 'PermissionDeniedError',
          message: `key ${caller.id} may not see metrics: that takes a key for all model groups`,
        });
      }
      void reply.type(processMetrics.contentType);
      return processMetrics.text();
    },
  );
}

import type { FastifyInstance } from 'fastify';
import { described } from '../api-description.js';
import type { GatewayContext } from '../context.js';
import { mustHaveMasterKey } from '../master-key.js';

/** What operators see of all workers and providers. */
export function registerOperatorRoutes(app: FastifyInstance, { client }: GatewayContext): void {
  const providers = described('Operators', 'How the deployments stand, as all workers see them; takes the master key');
  app.get('/holdfast/providers', { config: { guard: 'key' }, schema: providers }, async ({ caller }) => {
    mustHaveMasterKey(caller);
    return client.providers();
  });

  const workers = described(
    'Operators',
    'The workers of the task queue: since when, version, slots; takes the master key',
  );
  app.get('/holdfast/workers', { config: { guard: 'key' }, schema: workers }, async ({ caller }) => {
    mustHaveMasterKey(caller);
    return { workers: await client.workers() };
  });
}

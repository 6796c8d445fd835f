import type { FastifyInstance } from 'fastify';
import type { GatewayContext } from '../context.js';

/** Whether the process lives, and whether calls can be served. Neither needs a key, and neither asks a provider. */
export function registerHealthRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  for (const path of ['/health/liveliness', '/health/liveness']) {
    app.get(path, async () => ({ status: 'alive' }));
  }
  app.get('/health/readiness', async (_request, reply) => {
    const readiness = await readinessOf(gateway);
    void reply.code(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  });
}

interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly temporal: 'reachable' | 'unreachable';
  /** Null when it is not known. */
  readonly worker: 'polling' | 'none' | null;
}

async function readinessOf({ client, log }: GatewayContext): Promise<Readiness> {
  try {
    const polling = await client.hasWorkers();
    return { status: polling ? 'ready' : 'not ready', temporal: 'reachable', worker: polling ? 'polling' : 'none' };
  } catch (error) {
    log.warn({ error: String(error) }, 'not ready: Temporal cannot be reached');
    return { status: 'not ready', temporal: 'unreachable', worker: null };
  }
}

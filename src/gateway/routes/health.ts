import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { described } from '../api-description.js';
import type { GatewayContext } from '../context.js';
import { SharedAnswers } from '../shared-answers.js';

/** Whether the process lives, and whether calls can be served. Neither needs a key, and neither asks a provider. */
export function registerHealthRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  for (const path of ['/health/liveliness', '/health/liveness']) {
    app.get(path, { schema: described('About', 'Whether the process lives') }, async () => ({ status: 'alive' }));
  }
  const shared = new SharedAnswers<Readiness>(SHARED_MS);
  const readiness = described('About', 'Whether calls can be served: Temporal is reachable, and a worker polls');
  app.get('/health/readiness', { schema: readiness }, async (_request, reply) => {
    const found = await shared.get('', () => readinessOf(gateway));
    void reply.code(found.status === 'ready' ? 200 : 503);
    return found;
  });
}

/** Anybody may ask, and each answer takes a request to Temporal. */
const SHARED_MS = 1000;

interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly temporal: 'reachable' | 'unreachable';
  /** Null when it is not known. */
  readonly worker: 'polling' | 'none' | null;
}

/** Who asks does not wait for long; a server that is away is asked again for some seconds. */
const ANSWER_WITHIN_MS = 2000;

async function readinessOf({ client, log }: GatewayContext): Promise<Readiness> {
  try {
    const polling = await Promise.race([client.hasWorkers(), noAnswer()]);
    return { status: polling ? 'ready' : 'not ready', temporal: 'reachable', worker: polling ? 'polling' : 'none' };
  } catch (error) {
    log.warn({ error: String(error) }, 'not ready: Temporal cannot be reached');
    return { status: 'not ready', temporal: 'unreachable', worker: null };
  }
}

async function noAnswer(): Promise<never> {
  await sleep(ANSWER_WITHIN_MS, undefined, { ref: false });
  throw new Error(`no answer within ${ANSWER_WITHIN_MS} ms`);
}

import type { FastifyInstance, FastifySchema } from 'fastify';
import { BATCH_HEADERS, described } from '../api-description.js';
import type { Caller } from '../callers.js';
import type { GatewayContext } from '../context.js';
import { CallerBatches } from '../files/caller-batches.js';
import { pageOf, type PageQuery } from '../files/paging.js';
import { idempotencyHash } from '../idempotency-key.js';
import { namedWebhook } from '../named-webhook.js';
import { Refusal } from '../refusal.js';
import { DESCRIBED_PREFIX, PREFIXES } from './prefixes.js';
import { withoutBody } from './without-body.js';

interface ById {
  Params: { id: string };
}

/** OpenAI's. */
const LIMITS = { byDefault: 20, most: 100 };

/** OpenAI's batches, each a batch as `holdfast batch` runs it. Batches of another key are none at all. */
export function registerBatchRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const batchesOf = (caller: Caller) => new CallerBatches(gateway, caller);

  for (const prefix of PREFIXES) {
    const schema = (summary: string, more?: FastifySchema) =>
      prefix === DESCRIBED_PREFIX ? described('Batches', summary, more) : {};

    app.post(
      `${prefix}/batches`,
      {
        config: { guard: 'counted' },
        schema: schema('Starts a batch with the rows of a file', { headers: BATCH_HEADERS }),
      },
      async ({ caller, headers, body }) =>
        batchesOf(caller).create(body, {
          keyHash: idempotencyHash(headers, caller),
          webhook: namedWebhook(headers, gateway.config.routing),
        }),
    );

    app.get<{ Querystring: PageQuery }>(
      `${prefix}/batches`,
      { config: { guard: 'key' }, schema: schema('Batches, newest first') },
      async ({ caller, query }) => {
        const batches = batchesOf(caller);
        return pageOf(await batches.ids(), query, LIMITS, (id) => batches.find(id));
      },
    );

    app.get<ById>(
      `${prefix}/batches/:id`,
      { config: { guard: 'key' }, schema: schema('Where a batch stands') },
      async ({ caller, params: { id } }) => (await batchesOf(caller).find(id)) ?? noBatch(id),
    );

    withoutBody(app, (scope) =>
      scope.post<ById>(
        `${prefix}/batches/:id/cancel`,
        { config: { guard: 'key' }, schema: schema('Stops a batch') },
        async ({ caller, params: { id } }) => (await batchesOf(caller).cancel(id)) ?? noBatch(id),
      ),
    );
  }
}

function noBatch(id: string): never {
  throw new Refusal({ kind: 'NotFoundError', message: `there is no batch ${id}` });
}

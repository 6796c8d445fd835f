import type { FastifyInstance } from 'fastify';
import { described } from '../api-description.js';
import { audited } from '../audit.js';
import { HOLD_BODY, jsonSchemaOf, read, RELEASE_BODY } from '../operators-schema.js';
import type { GatewayContext } from '../context.js';
import { mustHaveMasterKey } from '../master-key.js';

/** What operators see of all workers and providers, and do to calls. */
export function registerOperatorRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const { client } = gateway;
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

  const holds = described('Operators', 'Holds a model group or a deployment; takes the master key', {
    body: jsonSchemaOf(HOLD_BODY),
  });
  app.post('/holdfast/holds', { config: { guard: 'key' }, schema: holds }, async ({ caller, body }, reply) => {
    mustHaveMasterKey(caller);
    const { target, by = `key ${caller.id}`, ...options } = read(HOLD_BODY, body);
    void reply.code(201);
    const act = { audit: 'hold', caller: caller.id, by, why: options.why, target };
    return audited(gateway, act, () => client.hold(target, { ...options, by }));
  });

  const releases = described('Operators', 'Ends a hold; takes the master key', { body: jsonSchemaOf(RELEASE_BODY) });
  app.post('/holdfast/releases', { config: { guard: 'key' }, schema: releases }, async ({ caller, body }) => {
    mustHaveMasterKey(caller);
    const { target, per_second: perSecond } = read(RELEASE_BODY, body);
    return audited(gateway, { audit: 'release', caller: caller.id, target }, () =>
      client.release(target, { perSecond }),
    );
  });
}

import type { FastifyInstance } from 'fastify';
import { described } from '../api-description.js';
import type { GatewayContext } from '../context.js';
import { isForm, isText, optional } from '../../core/common/forms.js';
import { mustHaveMasterKey } from '../master-key.js';
import { Refusal } from '../refusal.js';

/** What operators see of all workers and providers, and do to calls. */
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

  const holds = described(
    'Operators',
    'Holds a model group or a deployment: target, why, by, divert; takes the master key',
  );
  app.post('/holdfast/holds', { config: { guard: 'key' }, schema: holds }, async ({ caller, body }, reply) => {
    mustHaveMasterKey(caller);
    if (!isHold(body)) throw badBody('target, why and by, texts, divert, true or false');
    void reply.code(201);
    return client.hold(body.target, { ...body, by: body.by ?? `key ${caller.id}` });
  });

  const releases = described('Operators', 'Ends a hold: target, per_second; takes the master key');
  app.post('/holdfast/releases', { config: { guard: 'key' }, schema: releases }, async ({ caller, body }) => {
    mustHaveMasterKey(caller);
    if (!isRelease(body)) throw badBody('target, a text, per_second, a number above 0');
    return client.release(body.target, { perSecond: body.per_second });
  });
}

interface HoldBody {
  readonly target: string;
  readonly why: string;
  readonly by?: string;
  readonly divert?: boolean;
}

interface ReleaseBody {
  readonly target: string;
  readonly per_second?: number;
}

const isHoldForm = isForm({
  target: isText,
  why: isText,
  by: optional(isText),
  divert: optional((value) => typeof value === 'boolean'),
});

const isReleaseForm = isForm({
  target: isText,
  per_second: optional((value) => typeof value === 'number' && value > 0),
});

function isHold(body: unknown): body is HoldBody {
  return isHoldForm(body);
}

function isRelease(body: unknown): body is ReleaseBody {
  return isReleaseForm(body);
}

function badBody(expected: string): Refusal {
  return new Refusal({
    kind: 'BadRequestError',
    message: `the body is none that this route takes: expected ${expected}`,
  });
}

import type { FastifyInstance } from 'fastify';
import { deploymentsOf } from '../../core/plan/wildcards.js';
import { namesThereAre } from '../../config/index.js';
import { isAllowed } from '../../core/plan/allowed-groups.js';
import { described } from '../api-description.js';
import type { Caller } from '../callers.js';
import type { GatewayContext } from '../context.js';
import { Refusal } from '../refusal.js';
import { DESCRIBED_PREFIX, PREFIXES } from './prefixes.js';

/** OpenAI's object for a model. */
interface Model {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: 'holdfast';
}

/**
 * What may be asked for: groups, wildcards as they are written, aliases that are not hidden, and the models of wildcards
 * whose providers list them.
 */
export function registerModelRoutes(app: FastifyInstance, { config, clock, wildcardModels }: GatewayContext): void {
  const { routing } = config;
  const created = Math.floor(clock.now() / 1000);
  const listed = () =>
    Object.keys({ ...routing.groups, ...routing.wildcards, ...routing.aliases }).filter(
      (name) => routing.hiddenAliases?.includes(name) !== true,
    );
  const modelOf = (id: string): Model => ({ id, object: 'model', created, owned_by: 'holdfast' });
  const modelsOf = async (caller: Caller): Promise<Model[]> =>
    [...new Set([...listed(), ...(await wildcardModels.names())])]
      .filter((name) => isAllowed(caller.models, name, routing))
      .map(modelOf);

  for (const prefix of PREFIXES) {
    const schema = (summary: string) => (prefix === DESCRIBED_PREFIX ? described('OpenAI', summary) : {});
    const list = schema('Model groups, wildcards, what these serve, and aliases');
    app.get(`${prefix}/models`, { config: { guard: 'key' }, schema: list }, async ({ caller }) => ({
      object: 'list',
      data: await modelsOf(caller),
    }));
    // Names of groups may have slashes.
    app.get<{ Params: { '*': string } }>(
      `${prefix}/models/*`,
      { config: { guard: 'key' }, schema: schema('One of them') },
      async ({ caller, params }) => {
        const name = params['*'];
        const isServed = listed().includes(name) || deploymentsOf(routing, name) !== null;
        if (isServed && isAllowed(caller.models, name, routing)) return modelOf(name);
        throw new Refusal({
          kind: 'NotFoundError',
          message: `there is no model group ${JSON.stringify(name)}.${namesThereAre(name, routing, { allowed: caller.models })}`,
          code: 'model_not_found',
        });
      },
    );
  }
}

import { PROVIDER_NAMES } from '../tables/known-providers.js';
import type { ProviderRoute } from '../../core/plan/settings.js';
import { Findings } from '../findings/findings.js';
import type { Context } from '../sections/read-section.js';
import type { Unserved } from './endpoint.js';
import { FAMILIES, type ModelName } from './model-provider.js';
import type { Connection } from '../schema/loaded-config.js';

/** What a deployment becomes whose provider only the name that is asked for says. */
export interface LateProvider {
  readonly routes: readonly ProviderRoute[];
  /** By the ids of the routes. */
  readonly endpoints: Readonly<Record<string, Connection | Unserved>>;
}

const NO_PROVIDER =
  'the name says no provider that is known: ask for provider/model, as in openai/gpt-4o, or give the model a group of its own';

/**
 * A deployment with the model `*` stands for one of each provider, with the provider's own endpoint and key: nothing goes
 * to another provider than the one that was asked for.
 * @param connect - makes the connection for a provider
 */
export function lateProvider(
  id: string,
  context: Context,
  connect: (name: ModelName, context: Context) => Connection | Unserved,
): LateProvider {
  const idOf = (provider: string) => `${id}:${provider}`;
  const endpoints: Record<string, Connection | Unserved> = { [idOf('none')]: { reason: NO_PROVIDER } };
  for (const provider of PROVIDER_NAMES) {
    endpoints[idOf(provider)] = quietly(context, (quiet) =>
      connect({ model: '*', provider, unknownPrefix: null }, quiet),
    );
  }
  const route = (names: string, model: string, provider: string): ProviderRoute => ({
    names,
    model,
    id: idOf(provider),
  });
  return {
    routes: [
      ...[...PROVIDER_NAMES].map((provider) => route(`${provider}/*`, '*', provider)),
      // `Qwen/Qwen3`: a name with a prefix is of no family.
      route('*/*', '*/*', 'none'),
      ...FAMILIES.flatMap(([provider, names]) => names.map((name) => route(name, name, provider))),
      route('*', '*', 'none'),
    ],
    endpoints,
  };
}

/** What is missing for a provider matters when it is asked for. */
function quietly(context: Context, connect: (context: Context) => Connection | Unserved): Connection | Unserved {
  const missing: string[] = [];
  const findings = new Findings({ secrets: [] });
  const made = connect({ ...context, findings, missing: (_, message) => missing.push(message) });
  if ('reason' in made) return made;
  const [reason = findings.problems[0]?.message] = missing.map((message) => `api_key: ${message}`);
  return reason === undefined ? made : { reason };
}

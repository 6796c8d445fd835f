import type { LoadedConfig } from '../config/index.js';
import { askedAt, askedAtText, type AskedAt } from './asked-at.js';
import { table } from './table.js';

/** What a deployment asks at which URL. */
export type ConfigUrl = { readonly group: string; readonly deployment: string; readonly model: string } & AskedAt;

/**
 * The URL of every deployment for chat completions; of a model that each provider has, those that can be asked here.
 */
export function configUrls(config: LoadedConfig): ConfigUrl[] {
  const { groups, wildcards = {} } = config.routing;
  return Object.entries({ ...groups, ...wildcards }).flatMap(([group, plans]) =>
    plans.flatMap(({ id, model, routes }) =>
      (routes ?? [{ id, model }])
        .filter((route) => routes === undefined || Object.hasOwn(config.connections, route.id))
        .map((route) => ({
          group: 'names' in route ? route.names : group,
          deployment: route.id,
          model: route.model,
          ...askedAt(config, route.id, 'chat.completions', route.model),
        })),
    ),
  );
}

export function urlsText(urls: readonly ConfigUrl[]): string {
  const rows = urls.map((each) => [each.group, each.deployment, ...askedAtText(each)]);
  return table(['GROUP', 'DEPLOYMENT', 'PROVIDER', 'CHAT COMPLETIONS ARE ASKED AT'], rows);
}

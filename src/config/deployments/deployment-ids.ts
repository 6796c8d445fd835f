import { createHash } from 'node:crypto';
import type { Unserved } from './endpoint.js';
import type { Connection } from '../schema/loaded-config.js';

/** A deployment as far as its id goes. */
export interface Nameable {
  readonly group: string;
  readonly model: string;
  /** `model_info.id` */
  readonly ownId: string | undefined;
  readonly endpoint: Pick<Connection, 'apiBase' | 'query' | 'deploymentInPath' | 'organization'> | Unserved;
}

const HASH_DIGITS = 6;

/**
 * The ids of deployments, in their order. Calls that wait know their deployments by them while configs change: an id says
 * what a deployment is, `group#model`, with a hash of its endpoint where that is said of several. Only of those that are
 * the same in all of this it counts which one.
 */
export function deploymentIds(deployments: readonly Nameable[]): string[] {
  const plain = deployments.map(({ ownId, group, model }) => ownId ?? `${group}#${model}`);
  const withEndpoint = distinct(plain, deployments, (id, { endpoint }) => `${id}@${endpointHash(endpoint)}`);
  const seen = new Map<string, number>();
  return distinct(withEndpoint, deployments, (id) => {
    const number = (seen.get(id) ?? 0) + 1;
    seen.set(id, number);
    return `${id}-${number}`;
  });
}

/** Changes those that several have; ids that the config gives stay, and must differ. */
function distinct(
  ids: readonly string[],
  deployments: readonly Nameable[],
  change: (id: string, deployment: Nameable) => string,
): string[] {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return deployments.map((deployment, index) => {
    const id = ids[index] ?? '';
    return deployment.ownId === undefined && (counts.get(id) ?? 0) > 1 ? change(id, deployment) : id;
  });
}

function endpointHash(endpoint: Nameable['endpoint']): string {
  return createHash('sha256')
    .update(JSON.stringify(partsOf(endpoint)))
    .digest('hex')
    .slice(0, HASH_DIGITS);
}

/** What tells endpoints apart. Of a query only the version: the rest may be a secret. */
function partsOf(endpoint: Nameable['endpoint']): string[] {
  if ('reason' in endpoint) return [];
  const { apiBase, query = {}, organization = '', deploymentInPath } = endpoint;
  const parts = [apiBase, query['api-version'] ?? '', organization];
  return typeof deploymentInPath === 'string' ? [...parts, deploymentInPath] : parts;
}

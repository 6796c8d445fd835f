import type { LoadedConfig } from '../config/index.js';
import type { Operation } from '../core/common/operations.js';
import { redact } from '../core/common/redact.js';
import { ownProperty } from '../core/common/own-property.js';
import { apiOf, urlOf } from '../providers/apis.js';

/** Whom a deployment asks, and at which URL; or why nobody can ask it. */
export type AskedAt = { readonly provider: string; readonly url: string } | { readonly reason: string };

type Endpoints = Pick<LoadedConfig, 'connections' | 'unserved' | 'secrets'>;

/**
 * Of a query only Azure's version is told: the rest may be a key.
 * @param id - of the deployment in the config
 */
export function askedAt(
  { connections, unserved, secrets }: Endpoints,
  id: string,
  operation: Operation,
  model: string,
): AskedAt {
  const connection = ownProperty(connections, id);
  if (connection === undefined) return { reason: ownProperty(unserved, id) ?? 'unknown' };
  const reason = apiOf(operation).whyNot(connection, operation);
  if (reason !== null) return { reason };
  const version = connection.query?.['api-version'];
  const query = version === undefined ? '' : `?api-version=${version}`;
  return { provider: connection.provider, url: redact(`${urlOf(connection, operation, model)}${query}`, secrets) };
}

/** For people. */
export function askedAtText(asked: AskedAt): readonly [provider: string, url: string] {
  return 'reason' in asked ? ['', `nowhere: ${asked.reason}`] : [asked.provider, asked.url];
}

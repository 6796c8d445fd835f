import type { Connection, LoadedConfig } from '../config/index.js';
import type { Operation } from '../core/common/operations.js';
import { ownProperty } from '../core/common/own-property.js';
import { redact } from '../core/common/redact.js';
import { standIns } from '../core/deployments/unknown-deployments.js';
import { deploymentsFor } from '../core/fallbacks/fallback-reach.js';
import type { GroupPlan } from '../core/plan/call-plan.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import { configuredId } from '../core/plan/wildcards.js';
import { apiOf, urlOf } from '../providers/apis.js';
import type { Asked } from '../providers/shared-board.js';

/** A deployment that this worker can reach. */
export interface KnownDeployment {
  deployment: DeploymentPlan;
  connection: Connection;
}

/** At least one. */
export type KnownDeployments = readonly [KnownDeployment, ...KnownDeployment[]];

type Config = Pick<LoadedConfig, 'connections' | 'routing' | 'unserved'>;

/** Those of the deployments that this worker can reach and that have the operation; null: none. */
export function knownDeployments(
  config: Config,
  deployments: readonly DeploymentPlan[],
  operation: Operation,
): KnownDeployments | null {
  const [first, ...others] = deployments.flatMap((deployment) => {
    const connection = ownProperty(config.connections, configuredId(deployment));
    const isAskable = whyUnserved(config, deployment, operation) === undefined;
    return connection !== undefined && isAskable ? [{ deployment, connection }] : [];
  });
  return first === undefined ? null : [first, ...others];
}

/** The others of the deployments, by id, each with why this worker cannot reach it. */
export function unknownDeployments(
  config: Config,
  deployments: readonly DeploymentPlan[],
  { known, operation }: { readonly known: KnownDeployments; readonly operation: Operation },
): [id: string, why: string][] {
  const ids = new Set(known.map(({ deployment }) => deployment.id));
  return deployments
    .filter(({ id }) => !ids.has(id))
    .map((each) => [each.id, whyUnserved(config, each, operation) ?? 'this worker does not know it']);
}

/** Why nobody can ask a deployment for this; undefined where it is only not known here. */
function whyUnserved(
  { connections, unserved }: Config,
  deployment: DeploymentPlan,
  operation: Operation,
): string | undefined {
  const id = configuredId(deployment);
  const connection = ownProperty(connections, id);
  return connection === undefined
    ? ownProperty(unserved, id)
    : (apiOf(operation).whyNot(connection, operation) ?? undefined);
}

/** Why this worker can ask none of a plan's deployments, and whether that is so for all workers. */
export function whyUnasked(
  config: Config,
  { group, deployments }: GroupPlan,
  operation: Operation,
): { readonly message: string; readonly isForAll: boolean } {
  const whys = deployments.map((each) => whyUnserved(config, each, operation));
  const why = whys.includes(undefined) ? undefined : whys[0];
  const isForAll = why !== undefined;
  const unknown = `this worker knows none of the deployments of ${group} that the call was planned with`;
  return { message: isForAll ? `${group} cannot be asked: ${why}` : unknown, isForAll };
}

/** What this worker's config has in place of a group's plan that it knows nothing of; null: nothing that can be asked. */
export function standInsFor(
  config: Config,
  plan: GroupPlan,
  operation: Operation,
  pickOne: (own: readonly DeploymentPlan[]) => DeploymentPlan | null,
): KnownDeployments | null {
  const own = standIns(plan, deploymentsFor(config.routing, { group: plan.group }) ?? []);
  // Temporal was told what ends a group of one: it must not become one of several.
  const one = plan.deployments.length > 1 ? null : pickOne(own);
  return knownDeployments(config, one === null ? own : [one], operation);
}

/** A deployment as the board knows it. */
export function askedOf(
  { deployment, connection }: KnownDeployment,
  call: { readonly group: string; readonly operation: Operation; readonly secrets: LoadedConfig['secrets'] },
): Asked {
  const { id, model, wildcardId } = deployment;
  const url = urlOf(connection, call.operation, model);
  const about = {
    group: call.group,
    provider: connection.provider,
    host: URL.canParse(url) ? redact(new URL(url).host, call.secrets) : '',
    ...(wildcardId !== undefined && { configuredId: wildcardId }),
  };
  return { id, about };
}

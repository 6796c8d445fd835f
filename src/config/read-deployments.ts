import type { DeploymentPlan } from '../core/settings.js';
import { deploymentParams, modelInfo } from './deployment-schema.js';
import { endpointOf } from './endpoint.js';
import { isReference, resolveReferences } from './environment.js';
import type { Connection, DeploymentLimits } from './loaded-config.js';
import { parseModelName } from './model-provider.js';
import { formatPath, type Path } from './path.js';
import { type Context, isObject, readSection } from './read-section.js';
import { sortKeys } from './sort-keys.js';
import { compact, name } from './values.js';

export interface Deployments {
  readonly groups: Record<string, readonly DeploymentPlan[]>;
  readonly connections: Record<string, Connection>;
  readonly limits: Record<string, DeploymentLimits>;
}

interface Deployment {
  readonly group: string;
  readonly plan: DeploymentPlan;
  readonly connection: Connection;
  readonly limits: DeploymentLimits;
}

/** `model_list`: the deployments, by group and by id. */
export function readDeployments(modelList: unknown, context: Context): Deployments {
  const { findings } = context;
  const path = ['model_list'];
  const items: readonly unknown[] = Array.isArray(modelList) ? modelList : [];
  if (modelList === undefined || modelList === null) findings.problem(path, 'missing: a config needs a list of models');
  else if (!Array.isArray(modelList))
    findings.problem(path, 'expected a list, each entry with model_name and litellm_params');
  else if (items.length === 0) findings.problem(path, 'empty: a config needs at least one model');

  // Without prototypes: a model may be named "constructor".
  const groups: Record<string, DeploymentPlan[]> = Object.create(null);
  const connections: Record<string, Connection> = Object.create(null);
  const limits: Record<string, DeploymentLimits> = Object.create(null);
  const places = new Map<string, Path>();
  const sizes = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const at = [...path, index];
    const deployment = readDeployment(item, at, sizes, context);
    if (deployment === null) continue;
    const { group, plan } = deployment;
    const before = places.get(plan.id);
    if (before !== undefined) {
      findings.problem([...at, 'model_info', 'id'], `${formatPath(before)} has the same id: ids must differ`);
    }
    places.set(plan.id, at);
    (groups[group] ??= []).push(plan);
    connections[plan.id] = deployment.connection;
    limits[plan.id] = deployment.limits;
  }
  for (const [group, plans] of Object.entries(groups)) groups[group] = withShares(plans, limits);
  return { groups, connections, limits };
}

function readDeployment(item: unknown, path: Path, sizes: Map<string, number>, context: Context): Deployment | null {
  const { findings } = context;
  if (!isObject(item)) {
    findings.problem(path, 'expected an object with model_name and litellm_params');
    return null;
  }
  const { known } = sortKeys('model_list', item, path, findings);
  const namePath = [...path, 'model_name'];
  const environment = { ...context, origins: findings.origins };
  const group = findings.read(name, resolveReferences(known['model_name'], namePath, environment), namePath);
  if (group?.includes('*') === true) {
    findings.problem(namePath, 'wildcards are not supported so far: name the models');
  }
  if (known['litellm_params'] === undefined) findings.problem([...path, 'litellm_params'], 'missing');
  const params = readSection('litellm_params', known['litellm_params'], [...path, 'litellm_params'], context);
  const info = readSection('model_info', known['model_info'], [...path, 'model_info'], context);
  if (group === undefined || known['litellm_params'] === undefined) return null;
  const number = (sizes.get(group) ?? 0) + 1;
  sizes.set(group, number);
  return assemble({ group, number, path, params: params.known, others: params.others, info: info.known }, context);
}

interface Parts {
  readonly group: string;
  /** One-based, within the group. */
  readonly number: number;
  readonly path: Path;
  readonly params: unknown;
  readonly others: Record<string, unknown>;
  readonly info: unknown;
}

function assemble({ group, number, path, params, others, info }: Parts, context: Context): Deployment | null {
  const paramsPath = [...path, 'litellm_params'];
  const own = context.findings.read(deploymentParams, params, paramsPath);
  const about = context.findings.read(modelInfo, info, [...path, 'model_info']);
  if (own !== undefined && own.model === undefined) {
    context.findings.problem([...paramsPath, 'model'], 'missing: the name of the model, for instance openai/gpt-4o');
  }
  if (own?.model === undefined || about === undefined) return null;
  const name = isReference(own.model)
    ? { model: own.model, provider: 'openai', unknownPrefix: null }
    : parseModelName(own.model, own.custom_llm_provider);
  const endpoint = endpointOf({ ...context, name, apiBase: own.api_base, apiKey: own.api_key, path: paramsPath });
  const { organization, order, weight, num_retries, timeout } = own;
  return {
    group,
    plan: compact({
      id: about.id ?? `${group}#${number}/${name.model}`,
      model: name.model,
      order,
      weight,
      numRetries: num_retries,
      timeoutMs: timeout,
      streamTimeoutMs: own.stream_timeout,
    }),
    connection: compact({ provider: 'openai' as const, ...endpoint, organization, params: others }),
    limits: compact({
      rpm: own.rpm,
      maxParallelRequests: own.max_parallel_requests,
      allowedFails: about.allowed_fails,
      allowedFailsPolicy: about.allowed_fails_policy,
      cooldownMs: own.cooldown_time ?? about.cooldown_time,
    }),
  };
}

/** Shares by `weight` where one is set, else by `rpm` where all have one: a part of the limits tells nothing of the rest. */
function withShares(plans: DeploymentPlan[], limits: Record<string, DeploymentLimits>): DeploymentPlan[] {
  const rpms = plans.map(({ id }) => limits[id]?.rpm);
  if (plans.some(({ weight }) => weight !== undefined) || rpms.includes(undefined)) return plans;
  return plans.map((plan, index) => ({ ...plan, weight: rpms[index] }));
}

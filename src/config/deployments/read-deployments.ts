import type { z } from 'zod';
import type { HealthCheckSettings } from '../../core/deployments/health-request.js';
import type { DeploymentLimits } from '../../core/deployments/operational.js';
import type { DeploymentPlan } from '../../core/plan/settings.js';
import { starsIn } from '../../core/plan/wildcards.js';
import { deploymentIds, type Nameable } from './deployment-ids.js';
import { connectionOf, type ConnectionInput } from './connection.js';
import type { Unserved } from './endpoint.js';
import { lateProvider, type LateProvider } from './late-provider.js';
import { type Credentials, layered, readCredentials } from './credentials.js';
import { deploymentParams, modelInfo } from '../schema/deployment-schema.js';
import { isReference, resolveReferences } from '../findings/environment.js';
import type { Connection } from '../schema/loaded-config.js';
import { familyOf, parseModelName, saysProviderLate } from './model-provider.js';
import { formatPath, type Path } from '../findings/path.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';
import { sortKeys, type SortedKeys } from '../sections/sort-keys.js';
import { compact, flag, name } from '../schema/values.js';

export interface Deployments {
  readonly groups: Record<string, readonly DeploymentPlan[]>;
  /** Groups whose names hold `*`. */
  readonly wildcards: Record<string, readonly DeploymentPlan[]>;
  readonly connections: Record<string, Connection>;
  /** Why other deployments cannot be asked. */
  readonly unserved: Record<string, string>;
  readonly limits: Record<string, DeploymentLimits>;
}

interface Deployment extends Nameable {
  readonly path: Path;
  readonly plan: Omit<DeploymentPlan, 'id'>;
  readonly endpoint: Connection | Unserved;
  /** What the deployment becomes where only the name that is asked for says the provider. */
  readonly late: ((id: string) => LateProvider) | null;
  readonly limits: DeploymentLimits;
}

interface Sources {
  readonly modelList: unknown;
  readonly credentialList: unknown;
  /** Parameters of deployments that do not set them. */
  readonly defaults: SortedKeys;
}

/** What all deployments are read with. */
interface Shared {
  readonly context: Context;
  readonly credentials: Credentials;
  readonly defaults: SortedKeys;
}

/** `model_list`: the deployments, by group and by id. */
export function readDeployments({ modelList, credentialList, defaults }: Sources, context: Context): Deployments {
  const { findings } = context;
  const path = ['model_list'];
  const items: readonly unknown[] = Array.isArray(modelList) ? modelList : [];
  if (modelList === undefined || modelList === null) findings.problem(path, 'missing: a config needs a list of models');
  else if (!Array.isArray(modelList)) {
    findings.problem(path, 'expected a list, each entry with model_name and litellm_params');
  } else if (items.length === 0) findings.problem(path, 'empty: a config needs at least one model');

  // Without prototypes: a model may be named "constructor".
  const groups: Record<string, DeploymentPlan[]> = Object.create(null);
  const wildcards: Record<string, DeploymentPlan[]> = Object.create(null);
  const connections: Record<string, Connection> = Object.create(null);
  const unserved: Record<string, string> = Object.create(null);
  const limits: Record<string, DeploymentLimits> = Object.create(null);
  const places = new Map<string, Path>();
  const shared: Shared = { context, defaults, credentials: readCredentials(credentialList, context) };
  const deployments = items.flatMap((item, index) => readDeployment(item, [...path, index], shared) ?? []);
  const ids = deploymentIds(deployments);
  for (const [index, { group, plan, path: at, ...deployment }] of deployments.entries()) {
    const id = ids[index] ?? '';
    const before = places.get(id);
    if (before !== undefined) {
      findings.problem([...at, 'model_info', 'id'], `${formatPath(before)} has the same id: ids must differ`);
    }
    places.set(id, at);
    const { routes, endpoints } = deployment.late?.(id) ?? {
      routes: undefined,
      endpoints: { [id]: deployment.endpoint },
    };
    ((starsIn(group) > 0 ? wildcards : groups)[group] ??= []).push(compact({ id, ...plan, routes }));
    for (const [each, endpoint] of Object.entries(endpoints)) {
      if ('reason' in endpoint) unserved[each] = endpoint.reason;
      else connections[each] = endpoint;
      limits[each] = deployment.limits;
    }
  }
  for (const byName of [groups, wildcards]) {
    for (const [group, plans] of Object.entries(byName)) {
      // One that cannot be asked must not count as another deployment to go to.
      const served = plans.filter(({ id }) => !Object.hasOwn(unserved, id));
      byName[group] = withShares(served.length > 0 ? served : plans, limits);
    }
  }
  return { groups, wildcards, connections, unserved, limits };
}

function readDeployment(item: unknown, path: Path, shared: Shared): Deployment | null {
  const { context, defaults, credentials } = shared;
  const { findings } = context;
  if (!isObject(item)) {
    findings.problem(path, 'expected an object with model_name and litellm_params');
    return null;
  }
  const { known } = sortKeys('model_list', item, path, findings);
  const namePath = [...path, 'model_name'];
  const paramsPath = [...path, 'litellm_params'];
  const environment = { ...context, origins: findings.origins };
  const group = findings.read(name, resolveReferences(known['model_name'], namePath, environment), namePath);
  if (known['litellm_params'] === undefined) findings.problem(paramsPath, 'missing');
  const params = readSection('litellm_params', known['litellm_params'], paramsPath, context);
  const info = readSection('model_info', known['model_info'], [...path, 'model_info'], context);
  if (group === undefined || known['litellm_params'] === undefined) return null;
  const credential = params.known['litellm_credential_name'] ?? defaults.known['litellm_credential_name'];
  const credentialPath = [...paramsPath, 'litellm_credential_name'];
  const layers = typeof credential === 'string' ? [credentials(credential, credentialPath), defaults] : [defaults];
  const parts = { group, path, params: layered(params, ...layers), info: info.known };
  return assemble({ ...parts, blocked: known['blocked'] }, context);
}

interface Parts {
  readonly group: string;
  readonly path: Path;
  readonly params: SortedKeys;
  readonly info: unknown;
  readonly blocked: unknown;
}

function assemble({ group, path, params, info, blocked }: Parts, context: Context): Deployment | null {
  const { findings } = context;
  const paramsPath = [...path, 'litellm_params'];
  const own = findings.read(deploymentParams, params.known, paramsPath);
  const about = findings.read(modelInfo, info, [...path, 'model_info']);
  const isBlocked = findings.read(flag, blocked, [...path, 'blocked']) ?? about?.blocked ?? false;
  if (own !== undefined && own.model === undefined) {
    findings.problem([...paramsPath, 'model'], 'missing: the name of the model, for instance openai/gpt-4o');
  }
  if (own?.model === undefined || about === undefined) return null;
  if (isBlocked) {
    findings.note(path, `the deployment of ${group} is left out: it is blocked`);
    return null;
  }
  const isAtHome = own.api_base === undefined && own.base_url === undefined;
  const provider = own.custom_llm_provider ?? (isAtHome ? familyOf(own.model) : undefined);
  const modelName = isReference(own.model)
    ? { model: own.model, provider: 'openai', unknownPrefix: null }
    : parseModelName(own.model, provider);
  const { model } = modelName;
  if (isAtHome && provider === undefined && isBare(own.model)) {
    findings.note([...paramsPath, 'model'], `taken for a model of OpenAI's: write the provider, as in openai/${model}`);
  }
  if (starsIn(model) > starsIn(group)) {
    findings.problem([...paramsPath, 'model'], 'has more * than model_name: each stands for the text of one there');
  }
  const { order, weight, num_retries, timeout } = own;
  const parts = { own, others: params.others, path: paramsPath };
  const isLate = isAtHome && provider === undefined && saysProviderLate(own.model);
  return {
    group,
    model,
    ownId: about.id,
    path,
    plan: compact({
      model,
      order,
      weight,
      numRetries: num_retries,
      timeoutMs: timeout,
      streamTimeoutMs: own.stream_timeout,
    }),
    endpoint: isLate ? { reason: '' } : connectionOf({ name: modelName, ...parts }, context),
    late: isLate ? lateProviderOf(parts, context) : null,
    limits: compact({
      rpm: own.rpm,
      tpm: own.tpm,
      maxParallelRequests: own.max_parallel_requests,
      allowedFails: about.allowed_fails,
      allowedFailsPolicy: about.allowed_fails_policy,
      cooldownMs: own.cooldown_time ?? about.cooldown_time,
      healthCheck: healthCheckOf(about),
    }),
  };
}

function healthCheckOf(about: z.output<typeof modelInfo>): HealthCheckSettings | undefined {
  const settings = compact({
    disabled: about.disable_background_health_check,
    timeoutMs: about.health_check_timeout,
    mode: about.mode,
  });
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** A key that is written for all providers would reach each of them: it is taken for OpenAI's, and the others have their own. */
function lateProviderOf(parts: Omit<ConnectionInput, 'name'>, context: Context): (id: string) => LateProvider {
  const { own, path } = parts;
  if (own.api_key !== undefined) {
    context.findings.note(
      [...path, 'api_key'],
      "goes to OpenAI only: other providers' keys are taken from their variables",
    );
  }
  return (id) =>
    lateProvider(id, context, (name, quiet) => {
      const api_key = name.provider === 'openai' ? own.api_key : undefined;
      return connectionOf({ ...parts, own: { ...own, api_key }, name }, quiet);
    });
}

/** Whether a model is named without a prefix that could say whose it is. */
function isBare(model: string): boolean {
  return !isReference(model) && !model.includes('/') && starsIn(model) === 0;
}

/** Shares by `weight` where one is set, else by `rpm` where all have one: a part of the limits tells nothing of the rest. */
function withShares(plans: DeploymentPlan[], limits: Record<string, DeploymentLimits>): DeploymentPlan[] {
  const rpms = plans.map(({ id }) => limits[id]?.rpm);
  if (plans.some(({ weight }) => weight !== undefined) || rpms.includes(undefined)) return plans;
  return plans.map((plan, index) => ({ ...plan, weight: rpms[index] }));
}

import type { DeploymentPlan } from '../plan/settings.js';

/** When each deployment that cools down returns, ms since the epoch, by id. */
export type Cooling = ReadonlyMap<string, number>;

export interface PickInput {
  readonly deployments: readonly DeploymentPlan[];
  /** Ids of deployments that failed in this call, or that this worker does not know. */
  readonly failed: readonly string[];
  readonly cooling: Cooling;
  /** Ids of those that take calls one by one, and have some waiting. @default none */
  readonly busy?: readonly string[];
  /** Id of the one in whose line the call has waited. @default it comes from no line */
  readonly waitedFor?: string | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Deployments that are neither cooling nor failed in this call. */
export function freshDeployments({ deployments, failed, cooling }: Omit<PickInput, 'random'>): DeploymentPlan[] {
  return deployments.filter(({ id }) => !failed.includes(id) && !cooling.has(id));
}

/**
 * The deployment for the next attempt: the one that was waited for, while it is fresh. Else the lowest `order` first, by
 * weight, rather those that are not busy: among the fresh ones; when there are none, among those that failed but do not cool; else among all. Null for a
 * group without deployments.
 */
export function pickDeployment(input: PickInput): DeploymentPlan | null {
  const { deployments, cooling, busy = [] } = input;
  const usable = deployments.filter(({ id }) => !cooling.has(id));
  const fresh = freshDeployments(input);
  const waitedFor = fresh.find(({ id }) => id === input.waitedFor);
  if (waitedFor !== undefined) return waitedFor;
  const stages = [fresh, usable, deployments];
  const lowest = lowestOrder(stages.find((stage) => stage.length > 0) ?? []);
  const free = lowest.filter(({ id }) => !busy.includes(id));
  const candidates = free.length === 0 ? lowest : free;
  let point = input.random() * candidates.reduce((sum, deployment) => sum + weightOf(deployment), 0);
  for (const deployment of candidates) {
    point -= weightOf(deployment);
    if (point < 0) return deployment;
  }
  return candidates.at(-1) ?? null;
}

/**
 * The next standby: a fresh deployment above the lowest `order` of its group, lowest first. Before a group gives up on
 * an error that may move, each gets one attempt of its own, charged to no budget.
 */
export function nextStandby(input: Omit<PickInput, 'random'>): DeploymentPlan | null {
  return freshDeployments({ ...input, deployments: standbysOf(input.deployments) })[0] ?? null;
}

/** The standbys of a group, in the order in which they are asked. */
export function standbysOf(deployments: readonly DeploymentPlan[]): DeploymentPlan[] {
  const lowest = Math.min(...deployments.map(orderOf));
  return deployments
    .filter((deployment) => orderOf(deployment) > lowest)
    .toSorted((one, other) => orderOf(one) - orderOf(other));
}

/** A deployment that asked the call to stay away is left out until then, as one that cools for all. */
export function withAskedToWait(
  cooling: Cooling,
  { askedToWait = {} }: { readonly askedToWait?: Readonly<Record<string, number>> },
  nowMs: number,
): Cooling {
  const asked = Object.entries(askedToWait).filter(([id, untilMs]) => untilMs > Math.max(nowMs, cooling.get(id) ?? 0));
  return asked.length === 0 ? cooling : new Map([...cooling, ...asked]);
}

/** When the first of these deployments is no longer cooling: 0 when one is not cooling now. */
export function earliestReturn(deployments: readonly DeploymentPlan[], cooling: Cooling): number {
  return Math.min(...deployments.map(({ id }) => cooling.get(id) ?? 0));
}

function lowestOrder(deployments: readonly DeploymentPlan[]): DeploymentPlan[] {
  const lowest = Math.min(...deployments.map(orderOf));
  return deployments.filter((deployment) => orderOf(deployment) === lowest);
}

export function weightOf({ weight }: DeploymentPlan): number {
  return weight ?? 1;
}

export function orderOf({ order }: DeploymentPlan): number {
  return order ?? 1;
}

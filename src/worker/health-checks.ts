import { askedOf, type KnownDeployment } from '../activities/known-deployments.js';
import type { GroupAttemptDeps } from '../activities/attempt-context.js';
import { tokensUsed } from '../activities/tokens-used.js';
import { ownProperty } from '../core/common/own-property.js';
import { isDeploymentsFault } from '../core/deployments/cooldown.js';
import { expectedTokens } from '../core/deployments/expected-tokens.js';
import { HEALTH_CHECK_DEFAULTS, healthRequests, type HealthRequest } from '../core/deployments/health-request.js';
import { classify } from '../core/errors/classify.js';
import { DEFAULTS } from '../core/plan/settings.js';
import { apiOf } from '../providers/apis.js';
import { InterruptedError } from '../providers/call-provider.js';
import type { Asked, SharedBoard } from '../providers/shared-board.js';

export interface HealthCheckDeps extends Pick<
  GroupAttemptDeps,
  'callProvider' | 'clock' | 'config' | 'cooldowns' | 'recent' | 'slots'
> {
  readonly board: Pick<SharedBoard, 'holdOf' | 'toCheck' | 'word'>;
}

/** A deployment of the config, and how it is checked. */
interface Checked extends KnownDeployment {
  readonly request: HealthRequest;
  readonly timeoutMs: number;
  readonly isOnly: boolean;
  readonly asked: Asked;
}

/** A check waits no longer for its turn under a limit: a deployment that is so busy is judged by its calls. */
const TURN_MS = 1_000;
const PRIORITY = 5;

/** Who checks what is asked again so soon, where the board could not be reached. */
const AWAY_MS = 10_000;

/**
 * Asks deployments now and then whether they answer, where the config wants it, until the signal. Of the workers of a task
 * queue one asks each.
 */
export async function runHealthChecks(deps: HealthCheckDeps, signal: AbortSignal): Promise<void> {
  const { board, clock, config } = deps;
  const everyMs = config.operational.healthCheckEveryMs;
  if (everyMs === undefined) return;
  while (!signal.aborted) {
    // Those of the config that is in force.
    const checked = checkedDeployments(config);
    const asked = checked.map((each) => each.asked);
    const ofThisWorker = await board.toCheck(asked, everyMs);
    const due = checked.filter(({ asked: { id } }) => ofThisWorker?.has(id));
    await Promise.all(due.map((each) => check(deps, each, signal)));
    const againMs = ofThisWorker === null ? Math.min(AWAY_MS, everyMs) : everyMs;
    await clock.sleep(againMs, { signal, ref: false }).catch(() => undefined);
  }
}

/** The deployments that can be checked: not those of wildcards, whose models only callers name. */
function checkedDeployments(config: GroupAttemptDeps['config']): Checked[] {
  const { routing, connections, operational, secrets } = config;
  return Object.entries(routing.groups).flatMap(([group, deployments]) =>
    deployments.flatMap((deployment) => {
      const { id } = deployment;
      const connection = ownProperty(connections, id);
      const settings = ownProperty(operational.deployments, id)?.healthCheck ?? {};
      const request =
        connection &&
        healthRequests(settings).find(({ operation }) => apiOf(operation).whyNot(connection, operation) === null);
      if (connection === undefined || request === undefined) return [];
      const known = { deployment, connection };
      const asked = askedOf(known, { group, operation: request.operation, secrets });
      const timeoutMs = settings.timeoutMs ?? HEALTH_CHECK_DEFAULTS.timeoutMs;
      return [{ ...known, request, timeoutMs, isOnly: deployments.length === 1, asked }];
    }),
  );
}

async function check(deps: HealthCheckDeps, checked: Checked, signal: AbortSignal): Promise<void> {
  const { board, callProvider, clock, cooldowns, recent, slots } = deps;
  const { deployment, connection, request, timeoutMs, isOnly, asked } = checked;
  const { id, model } = deployment;
  const { operation, body } = request;
  const startedMs = clock.now();
  const patience = { deadlineMs: startedMs + TURN_MS, signal };
  await board.word([asked], patience);
  if (board.holdOf(id) !== undefined || cooldowns.returns([id]).has(id)) return;
  const isProbe = cooldowns.probes(deployment);
  const asking = { ...patience, flow: 'health checks', priority: PRIORITY, place: undefined };
  const slot = await slots.take(id, asking, () => expectedTokens(operation, body));
  // It may have been held, or have failed, while the check waited for its turn.
  const isAway = board.holdOf(id) !== undefined || (!isProbe && cooldowns.returns([id]).has(id));
  if (slot.waitMs !== null || isAway) {
    if (slot.waitMs === null) slot.giveBack();
    if (isProbe) cooldowns.interrupted(deployment);
    return;
  }
  let used: number | null = null;
  try {
    const outcome = await callProvider({
      operation,
      connection,
      model,
      body,
      limit: { limitMs: timeoutMs, scope: 'attempt' },
      streamLimits: { firstContentMs: null, idleMs: DEFAULTS.streamIdleTimeoutMs },
      blockedAnswerFails: false,
      interrupt: signal,
    });
    used = tokensUsed(outcome);
    const failure = outcome.facts === null ? null : classify(outcome.facts, clock.now());
    if (failure === null) cooldowns.answered(deployment);
    else cooldowns.failed(deployment, isOnly, failure);
    // One that refuses what it was asked is there.
    const isDown = failure !== null && isDeploymentsFault(failure);
    const error = isDown ? { kind: failure.kind, status: failure.status, message: failure.message } : null;
    recent.ended(id, { durationMs: clock.now() - startedMs, tokens: used ?? 0, error });
  } catch (error) {
    cooldowns.interrupted(deployment);
    if (!(error instanceof InterruptedError)) throw error;
  } finally {
    slot.release(used);
  }
}

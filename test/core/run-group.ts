import { decide } from '../../src/core/retries/decide.js';
import type { GroupPlan } from '../../src/core/plan/call-plan.js';
import type { ErrorKind } from '../../src/core/errors/error-kinds.js';
import { pickDeployment } from '../../src/core/deployments/pick-deployment.js';
import { withAttempt, withFailure } from '../../src/core/retries/progress-steps.js';
import { startProgress, type GroupProgress } from '../../src/core/retries/progress.js';
import { failure, groupPlan, NOW_MS, outlook } from './build.js';

/** More attempts than any budget of these tests allows: a group that makes more would never end. */
const TOO_MANY = 200;

export interface GroupRun {
  /** Ids of the deployments in the order in which they were asked. */
  readonly asked: readonly string[];
  readonly progress: GroupProgress;
}

/** Plays a group whose n-th attempt fails with the n-th kind, and with the last one for ever after. */
export function runGroup(
  errors: readonly ErrorKind[],
  set: Partial<GroupPlan> & { retriesLeftInCall?: number | null },
): GroupRun {
  const { retriesLeftInCall = null, ...planned } = set;
  const plan = groupPlan(planned);
  const { deployments } = plan;
  const asked: string[] = [];
  let progress = startProgress(plan.group);
  while (asked.length < TOO_MANY) {
    const { failedDeployments, standby } = progress;
    const deployment =
      deployments.find(({ id }) => id === standby) ??
      pickDeployment({ deployments, failed: failedDeployments, cooling: new Map(), random: () => 0 })!;
    progress = withAttempt(progress, deployment, NOW_MS);
    const failed = failure(errors[asked.length] ?? errors.at(-1)!);
    asked.push(deployment.id);
    const decided = decide({
      failure: failed,
      deployment,
      plan,
      progress,
      cooling: new Map(),
      walk: outlook(),
      deadlineMs: null,
      retriesLeftInCall: retriesLeftInCall === null ? null : retriesLeftInCall - progress.retries,
      nowMs: NOW_MS,
      random: () => 0.5,
    });
    progress = withFailure(progress, failed, decided, NOW_MS);
    if (decided.decision.action === 'give up') return { asked, progress };
  }
  throw new Error(`the group did not come to an end: ${asked.join(' ')}`);
}

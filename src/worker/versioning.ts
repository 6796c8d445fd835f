import type { WorkerDeploymentOptions } from '@temporalio/worker';

/** What becomes of running calls and batches when another build is made the current one. */
export const VERSIONING_BEHAVIORS = { pinned: 'PINNED', 'auto-upgrade': 'AUTO_UPGRADE' } as const;
export type VersioningBehaviorName = keyof typeof VERSIONING_BEHAVIORS;

/** Temporal's Worker Versioning: which version of which deployment a worker is. */
export interface WorkerVersion {
  /** The name that all builds have in common. */
  readonly deployment: string;
  readonly buildId: string;
  /** `pinned`: calls stay with the build that they began with; `auto-upgrade`: they move to the current one. @default pinned */
  readonly behavior?: VersioningBehaviorName | undefined;
}

/** The SDK's options for a version. */
export function deploymentOptions({
  deployment,
  buildId,
  behavior = 'pinned',
}: WorkerVersion): WorkerDeploymentOptions {
  return {
    version: { deploymentName: deployment, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: VERSIONING_BEHAVIORS[behavior],
  };
}

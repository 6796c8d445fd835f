import { Option, type Command } from 'commander';
import { VERSIONING_BEHAVIORS, type VersioningBehaviorName, type WorkerVersion } from '../worker/versioning.js';
import { wholeNumber } from './option-values.js';
import { UsageError } from './usage-error.js';

export interface WorkerCliOptions {
  activitySlots?: number;
  deployment?: string;
  buildId?: string;
  versioning?: VersioningBehaviorName;
}

/** The options of every command that runs a worker. */
export function addWorkerOptions(command: Command): Command {
  return command
    .option(
      '--activity-slots <n>',
      'requests to providers, and steps of batches, at the same time (default: 1000)',
      wholeNumber(1),
    )
    .option('--deployment <name>', "Temporal's Worker Versioning: the deployment that all builds belong to")
    .option('--build-id <id>', 'the version of this worker in its deployment')
    .addOption(
      new Option(
        '--versioning <behavior>',
        'what running calls do when another build becomes current (default: pinned)',
      ).choices(Object.keys(VERSIONING_BEHAVIORS)),
    );
}

/** The version that the options name; undefined: none. */
export function versionOf({ deployment, buildId, versioning }: WorkerCliOptions): WorkerVersion | undefined {
  if (deployment !== undefined && buildId !== undefined) return { deployment, buildId, behavior: versioning };
  if (deployment === undefined && buildId === undefined && versioning === undefined) return undefined;
  throw new UsageError(
    '--deployment and --build-id belong together; --versioning says what they mean for running calls',
  );
}

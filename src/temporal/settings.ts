import { loadClientConnectConfig } from '@temporalio/envconfig';

/** Where calls and workers meet, unless told otherwise. */
export const DEFAULT_TASK_QUEUE = 'holdfast';

export interface TemporalOptions {
  /** `host:port` of the Temporal server. @default TEMPORAL_ADDRESS, the profile of `temporal.toml`, else localhost:7233 */
  readonly address?: string | undefined;
  /** @default TEMPORAL_NAMESPACE, the profile, else `default` */
  readonly namespace?: string | undefined;
  /** A profile of `temporal.toml`. @default TEMPORAL_PROFILE, else `default` */
  readonly profile?: string | undefined;
  /** @default HOLDFAST_TASK_QUEUE, else `holdfast` */
  readonly taskQueue?: string | undefined;
}

export type TemporalSettings = ReturnType<typeof temporalSettings>;

/** How to reach Temporal: what the caller says, else what Temporal's own environment and files say. */
export function temporalSettings(options: TemporalOptions = {}) {
  const loaded = loadClientConnectConfig(options.profile === undefined ? {} : { profile: options.profile });
  return {
    connection: {
      ...loaded.connectionOptions,
      address: options.address ?? loaded.connectionOptions.address ?? 'localhost:7233',
    },
    namespace: options.namespace ?? loaded.namespace ?? 'default',
    taskQueue: options.taskQueue ?? process.env['HOLDFAST_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
  };
}

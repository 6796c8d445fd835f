import type { PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { KeyRing } from '../encryption/key-ring.js';
import { externalPlace, type ExternalPlace, type ExternalStorageOptions } from '../external-storage/external-place.js';
import { TemporalUnavailableError, type TemporalPlace } from './errors.js';
import { steadyRing } from './steady-ring.js';

/** Where calls and workers meet, unless told otherwise. */
const DEFAULT_TASK_QUEUE = 'holdfast';

export interface TemporalOptions {
  /** `host:port` of the Temporal server. @default TEMPORAL_ADDRESS, the profile of `temporal.toml`, else localhost:7233 */
  readonly address?: string | undefined;
  /** @default TEMPORAL_NAMESPACE, the profile, else `default` */
  readonly namespace?: string | undefined;
  /** A profile of `temporal.toml`. @default TEMPORAL_PROFILE, else `default` */
  readonly profile?: string | undefined;
  /** @default HOLDFAST_TASK_QUEUE, else `holdfast` */
  readonly taskQueue?: string | undefined;
  /** What data is encrypted with. @default it is not encrypted; of workers and gateways: the keys of their config */
  readonly keys?: KeyRing | undefined;
  /** Codecs of Temporal that payloads pass before they are encrypted, as all workers and clients of the task queue have them. @default none */
  readonly payloadCodecs?: readonly PayloadCodec[] | undefined;
  /**
   * Where payloads go that are large for Temporal. @default they are refused; of workers and gateways: what their config says
   */
  readonly externalStorage?: ExternalStorageOptions | undefined;
}

export interface TemporalSettings extends Pick<Required<TemporalOptions>, 'keys' | 'payloadCodecs'> {
  readonly connection: ClientConnectConfig['connectionOptions'] & { readonly address: string };
  readonly namespace: string;
  readonly taskQueue: string;
  readonly externalStorage: ExternalPlace | undefined;
}

/** Where a worker works, once it is connected. */
export type PlaceOfWork = Omit<TemporalSettings, 'connection'>;

/** Why: the workflows of calls are bundled with their payload converter, and their failures are told apart by their form. */
const NO_DATA_CONVERTER =
  "`dataConverter` is not taken: the workflows of calls have Holdfast's own. Give codecs as `payloadCodecs`, keys as `keys`, and a " +
  'place for large payloads as `externalStorage`';

/**
 * How to reach Temporal: what the caller says, else what Temporal's own environment and files say.
 * @throws TypeError for a data converter
 * @throws TemporalUnavailableError when those cannot be read, or have no such profile
 */
export function temporalSettings(options: TemporalOptions = {}): TemporalSettings {
  if ('dataConverter' in options && options.dataConverter !== undefined) throw new TypeError(NO_DATA_CONVERTER);
  const loaded = loadConnectConfig(options.profile);
  // A variable that is empty, as in an unfilled `.env`, is not set.
  return {
    connection: {
      ...loaded.connectionOptions,
      address: options.address || loaded.connectionOptions.address || 'localhost:7233',
    },
    namespace: options.namespace || loaded.namespace || 'default',
    keys: options.keys && steadyRing(options.keys),
    payloadCodecs: options.payloadCodecs,
    externalStorage: options.externalStorage && externalPlace(options.externalStorage),
    taskQueue: options.taskQueue || process.env['HOLDFAST_TASK_QUEUE'] || DEFAULT_TASK_QUEUE,
  };
}

/** Where it is, for messages. */
export function placeOf({ connection: { address }, namespace }: TemporalSettings): TemporalPlace {
  return { address, namespace };
}

function loadConnectConfig(profile: string | undefined) {
  try {
    return loadClientConnectConfig(profile === undefined ? {} : { profile });
  } catch (error) {
    // Its further lines quote the file, and with it perhaps a key.
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    throw new TemporalUnavailableError(
      `Temporal's own configuration cannot be used: ${reason}. Check --profile, TEMPORAL_PROFILE and temporal.toml`,
    );
  }
}

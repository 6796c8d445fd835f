import type { Logger } from 'pino';
import type { RunningAttempts } from '../activities/running-attempts.js';
import type { Clock } from '../clock.js';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { LoadedConfig } from '../config/index.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import type { AbandonedCalls } from './abandoned-calls.js';
import type { Admission } from './admission.js';
import type { Disconnects } from './disconnects.js';
import type { BatchStanding } from './files/batch-standing.js';
import type { FilesPlace } from './files/place.js';
import type { ProcessMetrics } from '../metrics/process-metrics.js';
import type { GatewayMetrics } from './metrics.js';
import type { SharedAnswers } from './shared-answers.js';
import type { SharedWaits } from './shared-waits.js';
import type { Traces } from '../traces/traces.js';
import type { WildcardModels } from './wildcard-models.js';

/** What the routes work with. */
export interface GatewayContext {
  readonly client: HoldfastClient;
  readonly streams: Pick<StreamTransport, 'read'>;
  /** The attempts of this process. */
  readonly running: Pick<RunningAttempts, 'cancel'>;
  readonly config: Pick<LoadedConfig, 'routing' | 'gateway'>;
  readonly admission: Admission;
  readonly uploads: Admission;
  readonly disconnects: Disconnects;
  readonly waits: SharedWaits;
  readonly abandoned: AbandonedCalls;
  /** Where the files of `/v1/files` and `/v1/batches` are; null: these are not served. */
  readonly files: FilesPlace | null;
  /** How batches stand: a look serves all who ask at about the same time. */
  readonly batchLooks: SharedAnswers<BatchStanding>;
  /** What wildcards serve, as far as their providers list it. */
  readonly wildcardModels: Pick<WildcardModels, 'names'>;
  readonly clock: Clock;
  readonly metrics: GatewayMetrics;
  /** Everything that is counted in this process. */
  readonly processMetrics: Pick<ProcessMetrics, 'contentType' | 'text'>;
  /** Undefined: requests are not traced. */
  readonly traces: Pick<Traces, 'request'> | undefined;
  readonly log: Logger;
  /** Whether the gateway takes no more requests. */
  isStopping(): boolean;
}

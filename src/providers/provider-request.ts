import type { Connection } from '../config/index.js';
import type { AttemptLimit, StreamLimits } from '../core/deadline.js';
import type { Operation } from '../core/operations.js';

/** One request to one deployment. */
export interface ProviderRequest {
  readonly operation: Operation;
  readonly connection: Connection;
  /** The provider's name for the model. */
  readonly model: string;
  /** The body without `model`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly limit: AttemptLimit;
  /** How long the answer may be silent, where it is asked for as a stream. */
  readonly streamLimits: StreamLimits;
  readonly blockedAnswerFails: boolean;
  /** Aborts the HTTP request when the attempt is cancelled, paused or shut down: InterruptedError is thrown. */
  readonly interrupt: AbortSignal;
}

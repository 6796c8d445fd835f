import type { RowShare } from './row-memory.js';
import type { Connection } from '../config/index.js';
import type { AttemptLimit, StreamLimits } from '../core/retries/deadline.js';
import type { Operation } from '../core/common/operations.js';
import type { ProviderHeaders } from '../core/common/provider-headers.js';
import type { ProviderEvent } from '../core/call/stream-part.js';

/** Takes events of a streamed answer as they come. Never waits: reading the answer goes before passing it on. */
type PassOn = (events: readonly ProviderEvent[], last: boolean, headers: ProviderHeaders) => void;

/** One request to one deployment. */
export interface ProviderRequest {
  readonly operation: Operation;
  readonly connection: Connection;
  /** The provider's name for the model. */
  readonly model: string;
  /** The body without `model`. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Headers of the caller; those of the connection win. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly limit: AttemptLimit;
  /** How long the answer may be silent, where it is asked for as a stream. */
  readonly streamLimits: StreamLimits;
  readonly blockedAnswerFails: boolean;
  /** Whether an answer that does not fit the JSON schema of the body is a failure. @default false */
  readonly validateSchema?: boolean | undefined;
  /** The largest answer that can be kept, in bytes of JSON. @default what goes through Temporal */
  readonly maxAnswerBytes?: number | undefined;
  /** What the answer takes of the memory that large answers share; it stays taken when the answer is read. @default unlimited */
  readonly memory?: Pick<RowShare, 'take'> | undefined;
  /** For a reader who reads the streamed answer along. @default nobody does */
  readonly passOn?: PassOn | undefined;
  /**
   * Asked when content was passed on of an answer that fails: whether another attempt may restart it, as where nobody
   * has read it and nobody will. @default no
   */
  readonly withdraw?: (() => Promise<boolean>) | undefined;
  /** Aborts the HTTP request when the attempt is cancelled, paused or shut down: InterruptedError is thrown. */
  readonly interrupt: AbortSignal;
}

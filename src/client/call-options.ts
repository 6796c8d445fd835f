import type { ForwardedHeaders } from '../core/call/call-types.js';
import type { Durability } from '../core/call/durability.js';
import type { StreamOptions } from '../core/call/stream-part.js';
import type { Operation } from '../core/common/operations.js';
import type { AllowedGroups } from '../core/plan/allowed-groups.js';
import type { Ceilings } from '../core/plan/settings.js';
import type { StreamedOperation } from './stream-events.js';
import type { Timing } from './timing.js';

export interface CallOptions<Op extends Operation = 'chat.completions'> extends Timing {
  /** What is asked for: `'embeddings'`, for instance. It sets the types of request and answer. @default chat.completions */
  readonly operation?: Op | undefined;
  /**
   * The id of the call, its workflow id. A second call with the same id and the same request joins the first or gets its
   * answer again, for as long as the namespace keeps it; with another request it is a ConflictError. A call that failed
   * or was cancelled is run again. @default a fresh id
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * Whose call it is: `describe()` tells it, so that a service can keep its own callers apart, and workers take from all
   * owners in turn. Stored in plain text.
   */
  readonly owner?: string | undefined;
  /**
   * @internal For a gateway that reads the answer along while it is streamed. The result of the call is the whole answer with it and
   * without. @default nobody reads along
   */
  readonly stream?: StreamOptions | undefined;
  /** Headers that go to the provider with each attempt, `traceparent` for instance. They are kept: no secrets. @default none */
  readonly headers?: ForwardedHeaders | undefined;
  /**
   * @internal Whether a config of the caller's own has the model. A worker whose config has not, as in a rolling deploy, then leaves
   * the call to another for up to 5 minutes. @default false: the call ends at once with NotFoundError
   */
  readonly isKnownModel?: boolean | undefined;
  /** @internal What the request may ask for at most, where it is not what the config of the workers says. @default their config's */
  readonly ceilings?: Ceilings | undefined;
  /** @internal The model groups that the caller may ask for, and is told of. @default all */
  readonly allowed?: AllowedGroups;
  /**
   * `on-failure`: no workflow unless the first attempt fails; a killed process loses a call that it began. It counts in a
   * process that makes first attempts itself, for calls without an idempotency key. @default always
   */
  readonly durability?: Durability | undefined;
  /** The webhook, by its name in the config of the workers, that is told of this call: docs/webhooks.md. @default those of the config alone */
  readonly webhook?: string | undefined;
  /**
   * Ends the waiting for a server that is away, with a TemporalUnavailableError that has the call's id: it may have been
   * started. @default a minute is waited
   */
  readonly signal?: AbortSignal | undefined;
}

export interface StreamCallOptions<Op extends StreamedOperation = 'chat.completions'> extends Omit<
  CallOptions<Op>,
  'stream' | 'startAt' | 'startAfter'
> {
  /**
   * Whether the answer may begin again, from its first word, when it breaks after its first chunk. @default false: the stream
   * fails then
   */
  readonly restart?: boolean | undefined;
}

/** What the workflow of a call is started with, beside its input. */
export interface StartOptions {
  readonly callId: string;
  /** Whether the id was chosen here, and is nobody else's. */
  readonly isFresh: boolean;
  readonly owner: string | undefined;
  readonly timeoutMs: number | undefined;
  /** It begins so much later. */
  readonly delayMs: number;
  /** Of the request, as it was asked for. */
  readonly hash: string;
  /** The model group that the list of calls shows. */
  readonly group: string;
}

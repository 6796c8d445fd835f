import type { ProviderHeaders } from '../common/provider-headers.js';
import type { AnswerHeaders } from './retry-after.js';

/** What the provider said about an error: the `error` object of an OpenAI-style body, as far as it is there. */
export interface ProviderError {
  message?: string | undefined;
  type?: string | undefined;
  /** Text or, in a body under a 200, sometimes an HTTP status. */
  code?: string | number | undefined;
  status?: string | number | undefined;
  param?: string | undefined;
  /** Azure puts the true reason one level deeper. */
  innerCode?: string | undefined;
  /** What else the body says in words: the answer of a provider behind the provider, for instance. */
  moreTexts?: readonly string[] | undefined;
  /** How long it asks to wait (`google.rpc.RetryInfo`), as it writes it: `2.6s`. */
  retryDelay?: string | undefined;
  /** The quotas that it names as exceeded (`google.rpc.QuotaFailure`). */
  quotaIds?: readonly string[] | undefined;
  /** Headers of a provider behind the provider, by their names in small letters. */
  headers?: AnswerHeaders | undefined;
}

/** Where an attempt was when it failed. */
export type Phase = 'connecting' | 'waiting for the answer' | 'reading the answer';

/** Which limit ended an attempt: its own, that of its group, or one of those that a stream has beside them. */
type TimeoutScope = 'attempt' | 'deadline' | 'first content' | 'idle';

/** What happened, without judgement. `classify` turns it into an error kind. */
export type FailureCause =
  | { type: 'http'; status: number; error: ProviderError }
  | { type: 'error in a 200'; error: ProviderError }
  | { type: 'timeout'; scope: TimeoutScope; limitMs: number }
  | { type: 'connection'; code?: string | undefined; message: string }
  | { type: 'invalid response'; message: string }
  /** @property target - where it leads, without a query; null: it does not say */
  | { type: 'redirect'; status: number; target: string | null }
  | { type: 'content filter' }
  /** @property where - the place in the answer */
  | { type: 'schema mismatch'; where: string; problem: string }
  /** The JSON schema of the request is none that an answer can be judged by. */
  | { type: 'unusable schema'; message: string }
  | { type: 'answer too large'; bytes: number; mostBytes: number }
  | { type: 'unknown deployment'; message: string };

/** The facts of a failed attempt. Texts are redacted before they get here. */
export interface FailureFacts {
  cause: FailureCause;
  phase: Phase;
  headers: AnswerHeaders;
  /** The provider's own id of the request, for its support. */
  requestId?: string | undefined;
  /** What the response said of the provider's limits and ids; absent where none came. */
  providerHeaders?: ProviderHeaders | undefined;
  tokens?: Tokens | undefined;
  /** Content of the stream had been read before it broke: another attempt would restart the answer. */
  contentDelivered?: boolean | undefined;
}

/** Tokens the provider says it charged. */
export interface Tokens {
  prompt: number;
  completion: number;
  total: number;
}

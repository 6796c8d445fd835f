import type { ProviderHeaders } from '../common/provider-headers.js';

/** A server-sent event of a provider, as it came. */
export interface ProviderEvent {
  /** The name of the event, where it has one. */
  readonly event?: string;
  readonly data: string;
}

/** The attempt that a part of a stream belongs to, and how the call came to it, in the words of the call's report. */
export interface StreamedAttempt {
  readonly group: string;
  /** One-based within the group. */
  readonly attempt: number;
  readonly deployment: string;
  readonly groupRetries: number;
  readonly groupMaxRetries: number | null;
  readonly fallbacks: number;
  /** The run of the call that made it: after a reset another one makes attempts with the same numbers. @default it had none yet */
  readonly run?: string;
}

/** What tells the attempts of a call apart. */
export type AttemptOfStream = Pick<StreamedAttempt, 'group' | 'attempt' | 'run'>;

/** Events of one attempt. Parts of an attempt come in order, and what is missing of them is missing at the end. */
export interface StreamPart {
  readonly of: StreamedAttempt;
  readonly events: readonly ProviderEvent[];
  /** Whether these are the last events of an answer that is whole. An attempt that failed has no such part. */
  readonly last: boolean;
  /** What the provider's response said of its limits and ids; the first part of an attempt has them. */
  readonly headers?: ProviderHeaders;
}

/** The update of a call that forgets the parts of its stream, where nobody has read one. */
export const WITHDRAW_PARTS = 'holdfast-withdraw-parts';

/** Whether two parts are of the same attempt. */
export function sameAttempt(one: AttemptOfStream, other: AttemptOfStream): boolean {
  return one.group === other.group && one.attempt === other.attempt && one.run === other.run;
}

/** What the reader of a stream wishes. */
export interface StreamOptions {
  /** Whether another attempt may restart the answer after its reader has seen a part of it. */
  readonly restart: boolean;
  /** The run under whose id the reader reads, where it began to before there was a workflow. @default the call's own */
  readonly runId?: string;
}

import type { RowSource } from './row-source.js';
import type { AllowedGroups } from '../plan/allowed-groups.js';
import type { CallPlan, GroupPlan } from '../plan/call-plan.js';
import type { Failure } from '../errors/classify.js';
import type { EndedGroup } from './ended-group.js';
import type { ErrorKind } from '../errors/error-kinds.js';
import type { Tokens } from '../errors/failure-facts.js';
import type { WalkOutlook } from '../fallbacks/fallback-walk.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Operation } from '../common/operations.js';
import type { GroupProgress } from '../retries/progress.js';
import type { RawRequest } from '../plan/request.js';
import type { Ceilings, FallbackEntry } from '../plan/settings.js';
import type { ProviderHeaders } from '../common/provider-headers.js';
import type { StreamOptions } from './stream-part.js';

/** The wire types: everything that crosses a boundary of Temporal. JSON only. */

/** Input of the workflow `llmCall`: the request as the caller wrote it. No config, no keys. */
export interface LlmCallInput {
  readonly operation: Operation;
  readonly request: RawRequest;
  /** Set where somebody reads the answer along as it is streamed; how it is read is no part of the call's identity. */
  readonly stream?: StreamOptions;
  /** Whoever started the call has a config with its model: a worker whose config has not, leaves it to another for a while. */
  readonly isKnownModel?: true;
  /** Headers of the caller that go to the provider: they tell of one sending of the request, so no part of its identity. */
  readonly headers?: ForwardedHeaders;
  /** What this caller may ask for at most, where it is not what all may. */
  readonly ceilings?: Ceilings;
  /** The model groups that this caller may ask for, where these are not all: it is told of no others. */
  readonly allowed?: AllowedGroups;
  /**
   * Set by a process that knows the config itself and makes the first attempt beside the first workflow task. Absent: the
   * workflow has the plan resolved.
   */
  readonly plan?: CallPlan;
  /** The webhook that is told of this call; how it is told is no part of its identity. @default those of the config alone */
  readonly webhook?: string;
  /** Of a deferred call: it begins so long after its workflow was started. @default 0 */
  readonly delayMs?: number;
  /** The request in a line, for people, where the workflow has not got the prompt. @default its end */
  readonly line?: string;
  /** The first attempt, where it was made before the workflow was started. */
  readonly first?: GroupProgress;
}

/** Input of the local activity with which the first workflow task of a call begins. */
export interface FirstTaskInput extends LlmCallInput {
  /** When the call began, ms since the epoch. */
  readonly startedMs: number;
  /** Whether somebody had the first task before, and did not bring it to an end. */
  readonly isRepeated: boolean;
  /** That of the workflow, by which the call stands in lines: Temporal gives local activities none. @default none */
  readonly priority?: { readonly priorityKey?: number; readonly fairnessKey?: string };
}

/** What came of a first attempt in the first workflow task: the answer, or what is left to the activity of the group. */
export type FirstAttemptEnd =
  | { readonly type: 'answered'; readonly output: CallModelGroupOutput }
  | { readonly type: 'left'; readonly progress: GroupProgress };

/** The plan of a call, with what came of the first attempt, where whoever resolved it made that too. */
export interface BegunPlan extends CallPlan {
  readonly firstAttempt?: FirstAttemptEnd;
}

/** By name, in small letters. No secret among them: they are kept in history. */
export type ForwardedHeaders = Readonly<Record<string, string>>;

/** What a call has been through, group by group. */
export interface CallHistory {
  readonly ledger: Ledger;
  /** Of all groups so far. */
  readonly attempts: number;
  readonly retries: number;
  /** The group that ended last; null before any did. */
  readonly last: EndedGroup | null;
}

/** How a call came to a group. */
export interface GroupContext {
  /** The entry that led to the group: its overrides apply to the body. */
  readonly entry: FallbackEntry;
  /** What the call has been through before this group. */
  readonly before: CallHistory;
  readonly fallbacks: number;
  readonly configHash: string;
}

/** What `callModelGroup` needs to take a body from a batch's file and to write the whole answer beside it. */
export interface RowOfGroup extends RowSource, GroupContext {}

/** The group that a call was in before, and why it moved on. */
export interface CameFrom {
  readonly group: string;
  readonly failure: Pick<Failure, 'kind' | 'status' | 'message' | 'requestId'>;
  /** One-based: which fallback of the call this is. */
  readonly fallback: number;
}

/** Input of the activity `callModelGroup`. */
export interface CallModelGroupInput {
  /** The call, where its workflow is another's, which may make others, too. @default the id of the workflow */
  readonly callId?: string;
  readonly operation: Operation;
  /** The provider's body, without `model`; null: the row has it. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** The row of a batch that is asked for. */
  readonly row?: RowOfGroup;
  /** An attempt that was made before the activity, together with those of other rows. */
  readonly first?: GroupProgress;
  readonly plan: GroupPlan;
  readonly walk: WalkOutlook;
  /** When the group must be done, ms since the epoch; null: never. */
  readonly deadlineMs: number | null;
  /** Retries left to the whole call when the group started; null: not capped. */
  readonly retriesLeftAtStart: number | null;
  /** Absent for the first group of a call. */
  readonly cameFrom?: CameFrom;
  /** Absent where nobody reads the answer along. */
  readonly stream?: StreamOptions;
  /** Absent where no header of the caller goes to the provider. */
  readonly headers?: ForwardedHeaders;
}

/** Output of the activity `callModelGroup`. */
export interface CallModelGroupOutput {
  /** The provider's response, unchanged. */
  readonly response: unknown;
  readonly ended: EndedGroup;
}

/** `details[0]` of the failure with which a group gives up. */
export interface GroupFailure {
  readonly failure: Failure;
  readonly ended: EndedGroup;
}

/** What a call has been through: part of its result and of its error. */
export interface CallReport {
  readonly ledger: Ledger;
  readonly configHash: string;
  /** The group that answered, or gave up last; an alias's target, not the alias. */
  readonly group: string;
  /** The deployment that answered, or failed last; null when none was asked. */
  readonly deployment: string | null;
  /** The provider's name for the model that answered, or failed last. */
  readonly model: string | null;
  /** Attempts in all groups, lost ones included. */
  readonly attempts: number;
  /** Retries in all groups. */
  readonly retries: number;
  /** Fallback groups tried. */
  readonly fallbacks: number;
  /** Retries in the group that ended the call. */
  readonly groupRetries: number;
  /** Size of the budget that the group's last failure was counted on; null without one. */
  readonly groupMaxRetries: number | null;
  /** Tokens of all attempts, as far as the provider told. */
  readonly tokens: Tokens;
  /** What the last response of a provider said of its limits and ids; absent where none came. */
  readonly providerHeaders?: ProviderHeaders;
}

/** Result of the workflow `llmCall`. */
export interface CallResult<Response = unknown> {
  /** The provider's response, unchanged. */
  readonly response: Response;
  readonly report: CallReport;
}

/** `details[0]` of the failure of the workflow `llmCall`. */
export interface CallFailure {
  readonly kind: ErrorKind;
  readonly status: number;
  readonly message: string;
  /** The provider's own name for the error that ended the call; absent where it gave none. */
  readonly code?: string | undefined;
  /** The parameter that the provider complained about; absent where it named none. */
  readonly param?: string | undefined;
  /** How long the last error asked to wait, in milliseconds; absent when it did not say. */
  readonly retryAfterMs?: number;
  /** Null when the call failed before its plan was made. */
  readonly report: CallReport | null;
}

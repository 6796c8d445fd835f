import type { CallReport } from './call-types.js';
import { handedOn } from '../common/provider-headers.js';

/** The header that names the call of a response. */
export const CALL_ID_HEADER = 'x-holdfast-workflow-id';

/** As much of a report as headers tell. */
export type ReportInHeaders = Pick<
  CallReport,
  'group' | 'deployment' | 'groupRetries' | 'groupMaxRetries' | 'fallbacks' | 'providerHeaders'
>;

/** A call that ran to its end, or whose answer has begun. */
export interface CallInHeaders {
  readonly callId: string;
  /** Null when it failed before its plan was made. */
  readonly report: ReportInHeaders | null;
  readonly failed: boolean;
  /** How long the last error asked to wait, in milliseconds. @default it did not say */
  readonly retryAfterMs?: number | null | undefined;
}

/**
 * The headers that tell a caller what a call has been through, in LiteLLM's names where it has one.
 * A failed call carries `x-should-retry: false`: its retries are made, and the caller's SDK must not run it all again.
 */
export function responseHeaders({
  callId,
  report,
  failed,
  retryAfterMs = null,
}: CallInHeaders): Record<string, string> {
  const values: Record<string, string | number | null> = {
    ...handedOn(report?.providerHeaders ?? {}),
    'x-litellm-call-id': callId,
    [CALL_ID_HEADER]: callId,
    ...(report === null ? {} : headersOfReport(report)),
    'x-should-retry': failed ? 'false' : null,
    'retry-after': retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1000),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, headerValue(String(value))]])),
  );
}

function headersOfReport(report: ReportInHeaders): Record<string, string | number | null> {
  return {
    'x-litellm-model-group': report.group,
    'x-litellm-model-id': report.deployment,
    'x-litellm-attempted-retries': report.groupRetries,
    'x-litellm-max-retries': report.groupMaxRetries,
    'x-litellm-attempted-fallbacks': report.fallbacks,
  };
}

/** Headers carry ASCII only; names of groups may be in any script. */
function headerValue(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd').replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}

import type { CallModelGroupInput, LlmCallInput, GroupContext } from '../../core/call/call-types.js';
import type { ResolvedRow, RowCallInput } from '../../core/batch/row-call.js';
import type { RowSource } from '../../core/call/row-source.js';
import type { Operation } from '../../core/common/operations.js';
import type { GroupProgress } from '../../core/retries/progress.js';
import { bodyForEntry, providerBody, requestLine } from '../../core/plan/request.js';

/** What a call asks for: a request, or the row of a batch that has it. */
export type CallSource = {
  readonly operation: Operation;
  /** The request in a line, for people. */
  readonly line: string;
  /**
   * Whether whoever started the call had its plan: the list of calls shows the first group from the start, rather than the name that
   * the caller used, and the first attempt may have been made beside the first workflow task.
   */
  readonly isPlanned: boolean;
} & (
  | ({
      readonly body: Record<string, unknown>;
      /** What was made of the first group before its activity. */
      readonly first: GroupProgress | null;
    } & Pick<LlmCallInput, 'stream' | 'headers'>)
  | {
      readonly row: RowSource;
      readonly first: GroupProgress | null;
    }
);

export function sourceOfRequest(
  { operation, request, stream, headers, plan, line }: LlmCallInput,
  first: GroupProgress | null,
): CallSource {
  return {
    operation,
    line: line ?? requestLine(operation, request),
    isPlanned: plan !== undefined,
    body: providerBody(request),
    ...(stream !== undefined && { stream }),
    ...(headers !== undefined && { headers }),
    first,
  };
}

export function sourceOfRow(
  { files, input, row }: RowCallInput,
  { operation, line }: ResolvedRow,
  first: GroupProgress | null,
): CallSource {
  return { operation, line, isPlanned: false, row: { files, input, row }, first };
}

/**
 * What the group is asked for. An answer to a row is written beside the file, so the way there goes with it.
 * @param begun - what was made of the group before its activity
 */
export function workOf(
  source: CallSource,
  way: GroupContext,
  begun: GroupProgress | null,
): Pick<CallModelGroupInput, 'operation' | 'body' | 'row' | 'first' | 'stream' | 'headers'> {
  const { operation } = source;
  const first = begun === null ? {} : { first: begun };
  if ('body' in source) {
    const { stream, headers } = source;
    return {
      operation,
      body: bodyForEntry(source.body, way.entry),
      ...(stream !== undefined && { stream }),
      ...(headers !== undefined && { headers }),
      ...first,
    };
  }
  const { row } = source;
  return { operation, body: null, row: { ...row, ...way }, ...first };
}

import type { CallModelGroupInput, LlmCallInput, GroupContext } from '../../core/call/call-types.js';
import type { ResolvedRow, RowCallInput } from '../../core/batch/row-call.js';
import type { Operation } from '../../core/common/operations.js';
import { bodyForEntry, providerBody, requestLine } from '../../core/plan/request.js';

/** What a call asks for: a request, or the row of a batch that has it. */
export type CallSource = {
  readonly operation: Operation;
  /** The request in a line, for people. */
  readonly line: string;
} & (
  | ({ readonly body: Record<string, unknown> } & Pick<LlmCallInput, 'stream' | 'headers'>)
  | { readonly row: RowCallInput }
);

export function sourceOfRequest({ operation, request, stream, headers }: LlmCallInput): CallSource {
  return {
    operation,
    line: requestLine(operation, request),
    body: providerBody(request),
    ...(stream !== undefined && { stream }),
    ...(headers !== undefined && { headers }),
  };
}

export function sourceOfRow(row: RowCallInput, { operation, line }: ResolvedRow): CallSource {
  return { operation, line, row };
}

/** What the group is asked for. An answer to a row is written beside the file, so the way there goes with it. */
export function workOf(
  source: CallSource,
  way: GroupContext,
): Pick<CallModelGroupInput, 'operation' | 'body' | 'row' | 'first' | 'stream' | 'headers'> {
  const { operation } = source;
  if ('body' in source) {
    const { stream, headers } = source;
    return {
      operation,
      body: bodyForEntry(source.body, way.entry),
      ...(stream !== undefined && { stream }),
      ...(headers !== undefined && { headers }),
    };
  }
  const { first, ...row } = source.row;
  return { operation, body: null, row: { ...row, ...way }, ...(first !== null && way.fallbacks === 0 && { first }) };
}

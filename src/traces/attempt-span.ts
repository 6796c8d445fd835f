import type { LedgerEntry } from '../core/ledger/ledger.js';
import type { Operation } from '../core/common/operations.js';
import { ATTRIBUTE, OPERATION_NAMES, PROVIDER_NAMES } from './span-names.js';

/** The wait before an attempt. */
export interface WaitBefore {
  readonly ms: number;
  /** In words; null: for nothing but a worker. */
  readonly reason: string | null;
}

/** An attempt that has ended, whichever way. */
export interface EndedAttempt {
  readonly callId: string;
  readonly operation: Operation;
  /** As the ledger has it. */
  readonly entry: LedgerEntry;
  /** Null where nobody knows it any more: the attempt was lost with its worker. */
  readonly wait: WaitBefore | null;
}

/** A span, as it is told once it is over. */
interface AttemptSpan {
  /** `chat gpt-4o` */
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly isError: boolean;
}

/** What a trace tells of an attempt: names and numbers, no text of a request, an answer or an error. */
export function attemptSpan({ callId, operation, entry, wait }: EndedAttempt): AttemptSpan {
  const { group, deployment, model, provider, outcome, kind, status, requestId, tokens, next, attempt } = entry;
  const startMs = Date.parse(entry.startedAt);
  const operationName = OPERATION_NAMES[operation];
  const isError = outcome !== 'answered';
  return {
    name: model === undefined ? operationName : `${operationName} ${model}`,
    startMs,
    endMs: startMs + (entry.durationMs ?? 0),
    isError,
    attributes: told({
      [ATTRIBUTE.operation]: operationName,
      [ATTRIBUTE.provider]: provider && (PROVIDER_NAMES[provider] ?? provider),
      [ATTRIBUTE.model]: model,
      [ATTRIBUTE.inputTokens]: tokens?.prompt,
      [ATTRIBUTE.outputTokens]: tokens?.completion,
      ...serverOf(entry.url),
      [ATTRIBUTE.errorType]: isError ? (kind ?? outcome) : undefined,
      [ATTRIBUTE.status]: status,
      [ATTRIBUTE.call]: callId,
      [ATTRIBUTE.group]: group,
      [ATTRIBUTE.deployment]: deployment,
      [ATTRIBUTE.attempt]: attempt,
      [ATTRIBUTE.outcome]: outcome,
      [ATTRIBUTE.requestId]: requestId,
      [ATTRIBUTE.waitMs]: wait?.ms,
      [ATTRIBUTE.waitReason]: wait?.reason,
      [ATTRIBUTE.next]: next?.action,
      [ATTRIBUTE.nextReason]: next?.reason,
    }),
  };
}

function serverOf(url: string | undefined): Record<string, string | number> {
  if (url === undefined || !URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === 'https:' ? 443 : 80;
  return { [ATTRIBUTE.serverAddress]: hostname, [ATTRIBUTE.serverPort]: port === '' ? usual : Number(port) };
}

/** Without what is not known. */
function told(attributes: Record<string, string | number | null | undefined>): Record<string, string | number> {
  const known = Object.entries(attributes).filter(
    (pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== null,
  );
  return Object.fromEntries(known);
}

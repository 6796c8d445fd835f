import { SearchAttributeType, defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { patched, setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { BatchStatus, RowCounts } from '../core/batch/batch.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { batchTable } from '../core/batch/batch-text.js';
import { ledgerTable } from '../core/ledger/markdown.js';
import { MEMO_SUMMARY } from '../core/call/memo.js';
import type { CallHistory } from '../core/call/call-types.js';
import type { SearchAttributeName } from '../core/common/search-attributes.js';

const keyword = (name: SearchAttributeName) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const int = (name: SearchAttributeName) => defineSearchAttributeKey(name, SearchAttributeType.INT);
const double = (name: SearchAttributeName) => defineSearchAttributeKey(name, SearchAttributeType.DOUBLE);

/** What people look for in a list of calls. */
export interface CallFacts {
  group?: string;
  servedGroup?: string;
  outcome?: 'answered' | 'failed' | 'cancelled';
  errorKind?: ErrorKind;
  attempts?: number;
  fallbacks?: number;
}

/** Sets search attributes: one event of history. */
export function publishFacts({ group, servedGroup, outcome, errorKind, attempts, fallbacks }: CallFacts): void {
  const pairs: (SearchAttributePair | null)[] = [
    group === undefined ? null : { key: keyword('HoldfastGroup'), value: group },
    servedGroup === undefined ? null : { key: keyword('HoldfastServedGroup'), value: servedGroup },
    outcome === undefined ? null : { key: keyword('HoldfastOutcome'), value: outcome },
    errorKind === undefined ? null : { key: keyword('HoldfastErrorKind'), value: errorKind },
    attempts === undefined ? null : { key: int('HoldfastAttempts'), value: attempts },
    fallbacks === undefined ? null : { key: int('HoldfastFallbacks'), value: fallbacks },
  ];
  upsertSearchAttributes(pairs.filter((pair) => pair !== null));
}

/** Whether nobody said what the list of calls is to show: any client of Temporal's can start a call, and any workflow. */
export function mustListItself(): boolean {
  const isListed = workflowInfo().typedSearchAttributes.get(keyword('HoldfastGroup')) !== undefined;
  return !isListed && patched('lists-itself');
}

/** Does for a call what Holdfast's client does when it starts one. */
export function listItself(group: string, line: string): void {
  publishFacts({ group });
  upsertMemo({ [MEMO_SUMMARY]: line });
}

/** Shows the ledger on the workflow's page in the Temporal UI; costs nothing in history. */
export function showLedger({ ledger }: CallHistory): void {
  setCurrentDetails(ledgerTable(ledger));
}

/** Sets the figures of a batch: one event of history. */
export function publishBatch(rows: number, { answered, failed }: RowCounts): void {
  upsertSearchAttributes([
    { key: double('HoldfastRows'), value: rows },
    { key: double('HoldfastRowsAnswered'), value: answered },
    { key: double('HoldfastRowsFailed'), value: failed },
  ]);
}

/** The model group that the list of calls shows. */
export function groupAttribute(group: string): SearchAttributePair {
  return { key: keyword('HoldfastGroup'), value: group };
}

/** Search attributes of a row's own call. */
export function rowAttributes(batchId: string, group: string): SearchAttributePair[] {
  return [{ key: keyword('HoldfastBatch'), value: batchId }, groupAttribute(group)];
}

/** Shows where a batch stands on its page in the Temporal UI. */
export function showBatch(status: BatchStatus): void {
  setCurrentDetails(batchTable(status));
}

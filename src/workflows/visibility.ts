import { SearchAttributeType, defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ErrorKind } from '../core/error-kinds.js';
import { ledgerTable } from '../core/markdown.js';
import type { CallHistory } from '../core/report.js';
import type { SearchAttributeName } from '../core/search-attributes.js';

const keyword = (name: SearchAttributeName) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const int = (name: SearchAttributeName) => defineSearchAttributeKey(name, SearchAttributeType.INT);

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

/** Shows the ledger on the workflow's page in the Temporal UI; costs nothing in history. */
export function showLedger({ ledger }: CallHistory): void {
  setCurrentDetails(ledgerTable(ledger));
}

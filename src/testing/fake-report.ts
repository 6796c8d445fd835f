import { NO_TOKENS, type LedgerEntry } from '../core/ledger/ledger.js';
import type { CallReport } from '../core/call/call-types.js';
import { ERROR_KINDS, type ErrorKind } from '../core/errors/error-kinds.js';
import type { FakeReply } from './fake-script.js';

const SCRIPTED = 'so the script says';

/** The report of a call with such a reply: its attempts are all of one group and one deployment. */
export function reportOfReply(group: string, reply: FakeReply, startedAt: string): CallReport {
  const { after = [], error, message, status } = reply;
  const failed = (kind: ErrorKind, attempt: number): LedgerEntry => ({
    ...attemptOf(group, attempt, startedAt),
    outcome: 'failed',
    kind,
    status: ERROR_KINDS[kind].status,
    next: { action: 'retry', reason: SCRIPTED, waitMs: 0 },
  });
  const last: LedgerEntry = {
    ...attemptOf(group, after.length + 1, startedAt),
    ...(error === undefined
      ? { outcome: 'answered' }
      : {
          outcome: 'failed',
          kind: error,
          status: status ?? ERROR_KINDS[error].status,
          ...(message !== undefined && { message }),
          next: { action: 'give up', reason: SCRIPTED },
        }),
  };
  const entries = [...after.map((kind, index) => failed(kind, index + 1)), last];
  return {
    ledger: { entries },
    configHash: 'fake',
    group,
    deployment: deploymentOf(group),
    model: group,
    attempts: entries.length,
    retries: after.length,
    fallbacks: 0,
    groupRetries: after.length,
    groupMaxRetries: after.length === 0 ? null : after.length,
    tokens: NO_TOKENS,
    ...reply.report,
  };
}

function attemptOf(group: string, attempt: number, startedAt: string): Omit<LedgerEntry, 'outcome'> {
  return { attempt, group, deployment: deploymentOf(group), model: group, startedAt, durationMs: 0 };
}

function deploymentOf(group: string): string {
  return `${group}-1`;
}

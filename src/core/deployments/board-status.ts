import { isoTime } from '../common/iso-time.js';
import { total } from '../common/total.js';
import type { ErrorKind } from '../errors/error-kinds.js';
import type { Board, BoardDeployment } from './board.js';
import { circuitState, type CircuitState } from './circuit.js';
import { holdOf, type Hold } from './hold.js';
import { recentlySent } from './rate.js';
import { joinCounts } from './recent.js';

/** A hold as it is told. */
export interface HoldStatus extends Pick<Hold, 'kind' | 'target' | 'by' | 'why' | 'diverts'> {
  /** ISO 8601 */
  readonly since: string;
}

/** A deployment as all workers together see it, for people. */
export interface ProviderStatus {
  readonly deployment: string;
  /** Null where no worker has told, as by one of before. */
  readonly group: string | null;
  readonly provider: string | null;
  /** The host of its URL. */
  readonly host: string | null;
  readonly state: CircuitState | 'held';
  /** When a cooldown ends, ISO 8601; null: it does not cool. */
  readonly until: string | null;
  /** Null: it is not held. */
  readonly hold: HoldStatus | null;
  /** Workers that have calls for it. */
  readonly workers: number;
  readonly inFlight: number;
  /** Null: there is no limit, as in `rpm` and `tpm`. */
  readonly maxParallelRequests: number | null;
  /** Calls that wait for their turn. */
  readonly waiting: number;
  /** Requests begun in the last minute. */
  readonly requestsInMinute: number;
  readonly rpm: number | null;
  /** Tokens of answers that came in the last minute. */
  readonly tokensInMinute: number;
  readonly tpm: number | null;
  /** Of the attempts of the last five minutes. */
  readonly answered: number;
  readonly failed: number;
  /** 0 to 1; null: no attempt has ended. */
  readonly successRate: number | null;
  /** Half of the answers took no longer; null: there was none. */
  readonly p50Ms: number | null;
  readonly lastError: LastErrorStatus | null;
}

interface LastErrorStatus {
  readonly kind: ErrorKind;
  readonly status: number;
  readonly message: string;
  /** ISO 8601 */
  readonly at: string;
}

/** What the board shows: the deployments that workers had calls for in the last minutes, and all holds. */
export interface BoardStatus {
  readonly deployments: readonly ProviderStatus[];
  readonly holds: readonly HoldStatus[];
}

export function boardStatus({ deployments, holds = [] }: Board, nowMs: number): BoardStatus {
  return {
    deployments: Object.entries(deployments).map(([id, deployment]) => statusOf(id, deployment, holds, nowMs)),
    holds: holds.map(holdStatus),
  };
}

function statusOf(id: string, known: BoardDeployment, holds: readonly Hold[], nowMs: number): ProviderStatus {
  const { about, circuit, limits, workers, sent, told = {}, lastError = null } = known;
  const hold = holdOf(holds, id, about);
  const state = circuitState(circuit, nowMs);
  const { answered, failed, p50Ms, tokens } = joinCounts(Object.values(told).map(({ recent }) => recent));
  const using = Object.entries(workers);
  return {
    deployment: id,
    group: about?.group ?? null,
    provider: about?.provider ?? null,
    host: about?.host ?? null,
    state: hold === undefined ? state : 'held',
    until: circuit?.state === 'open' && state === 'cooling' ? isoTime(circuit.untilMs) : null,
    hold: hold === undefined ? null : holdStatus(hold),
    workers: using.length,
    inFlight: total(using.map(([, { inFlight }]) => inFlight)),
    maxParallelRequests: limits.maxParallelRequests ?? null,
    waiting: total(using.map(([worker, { due }]) => told[worker]?.waiting ?? due)),
    requestsInMinute: total(recentlySent(sent, nowMs).map(({ count }) => count)),
    rpm: limits.rpm ?? null,
    tokensInMinute: tokens,
    tpm: limits.tpm ?? null,
    answered,
    failed,
    successRate: answered + failed === 0 ? null : answered / (answered + failed),
    p50Ms,
    lastError: lastError && { ...withoutTime(lastError), at: isoTime(lastError.atMs) },
  };
}

function withoutTime({ kind, status, message }: Omit<LastErrorStatus, 'at'>): Omit<LastErrorStatus, 'at'> {
  return { kind, status, message };
}

export function holdStatus({ kind, target, by, why, diverts, sinceMs }: Hold): HoldStatus {
  return { kind, target, by, why, diverts, since: isoTime(sinceMs) };
}

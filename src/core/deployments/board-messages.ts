import type { Board, BoardReport } from './board.js';

/** The workflow that keeps what all workers of a task queue share. */
export const PROVIDER_BOARD = 'providerBoard';

/** Its update: takes a `BoardReport`, gives a `BoardView`. */
export const BOARD_REPORT = 'report';

export interface ProviderBoardInput {
  /** @default an empty one */
  readonly board?: Board;
}

/** One for each task queue. */
export function providerBoardId(taskQueue: string): string {
  return `providers-${taskQueue}`;
}

/** @throws TypeError for what is no report: anybody who reaches Temporal can send anything */
export function checkReport(report: unknown): asserts report is BoardReport {
  const { worker, deployments } = (report ?? {}) as Partial<BoardReport>;
  const isReport =
    typeof worker === 'string' &&
    typeof deployments === 'object' &&
    deployments !== null &&
    Object.values(deployments).every(isUse);
  if (!isReport) throw new TypeError('expected a report: { worker, deployments }');
}

function isUse(use: unknown): boolean {
  if (typeof use !== 'object' || use === null) return false;
  const { limits, keeps, sent, inFlight, due } = use as Record<string, unknown>;
  return [limits, keeps].every(isShare) && [sent, inFlight, due].every(Number.isFinite);
}

function isShare(share: unknown): boolean {
  return typeof share === 'object' && share !== null && Object.values(share).every(Number.isFinite);
}

import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { heldAs, withHold, withoutHold } from '../core/deployments/board-holds.js';
import { boardTable } from '../core/deployments/board-text.js';
import { BOARD_REPORT, checkReport, PROVIDERS, type ProviderBoardInput } from '../core/deployments/board-messages.js';
import { EMPTY_BOARD, takeReport, withoutLost, type BoardReport, type BoardView } from '../core/deployments/board.js';
import { boardStatus, holdStatus, type BoardStatus, type HoldStatus } from '../core/deployments/board-status.js';
import {
  checkHold,
  checkRelease,
  HOLD,
  NOTHING_TO_HOLD,
  RELEASE,
  type HoldRequest,
  type ReleaseRequest,
} from '../core/deployments/hold-messages.js';

/** A report is five events at most: a history has 200 of them, or more. */
const LONG_HISTORY = 1_000;

/** A board that nobody reports to for so long ends, unless it holds something; the next report starts another. */
const QUIET_MS = 10 * 60_000;

const takesReport = defineUpdate<BoardView, [report: BoardReport]>(BOARD_REPORT);
const holds = defineUpdate<HoldStatus, [request: HoldRequest]>(HOLD);
const releases = defineUpdate<HoldStatus, [request: ReleaseRequest]>(RELEASE);
const providers = defineQuery<BoardStatus>(PROVIDERS);

const { findHoldTarget } = proxyLocalActivities<Pick<Activities, 'findHoldTarget'>>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 3 },
});

/**
 * What the workers of a task queue share: the limits of the providers, of which each has its part while it has calls; what
 * they have seen of deployments; what is held.
 */
export async function providerBoard({ board: given = EMPTY_BOARD }: ProviderBoardInput = {}): Promise<void> {
  let board = given;
  let changedMs = Date.now();
  const change = (changed: typeof board): void => {
    board = changed;
    changedMs = Date.now();
    setCurrentDetails(boardTable(board, changedMs));
  };
  setHandler(
    takesReport,
    (report) => {
      const taken = takeReport(board, report, Date.now());
      change(taken.board);
      return taken.view;
    },
    { validator: checkReport },
  );
  setHandler(
    holds,
    async ({ target, ...request }) => {
      const found = await findHoldTarget({ target });
      const hold = { ...found, ...request, sinceMs: Date.now() };
      change(withHold(board, hold));
      return holdStatus(hold);
    },
    { validator: checkHold },
  );
  setHandler(
    releases,
    ({ target, perSecond }) => {
      const hold = heldAs(board, target);
      if (hold === undefined) throw notHeld(target, board.holds ?? []);
      change(withoutHold(board, hold, perSecond, Date.now()));
      return holdStatus(hold);
    },
    { validator: checkRelease },
  );
  setHandler(providers, () => boardStatus(withoutLost(board, Date.now()), Date.now()));
  const isLong = (): boolean => workflowInfo().historyLength > LONG_HISTORY || workflowInfo().continueAsNewSuggested;
  while (!(await condition(isLong, QUIET_MS))) {
    if (Date.now() - changedMs >= QUIET_MS && (board.holds ?? []).length === 0) return;
  }
  await condition(allHandlersFinished);
  await continueAsNew<typeof providerBoard>({ board: withoutLost(board, Date.now()) });
}

function notHeld(target: string, held: readonly { readonly target: string }[]): ApplicationFailure {
  const names = held.map((hold) => hold.target).join(', ');
  const message = `${target} is not held; ${held.length === 0 ? 'nothing is' : `held: ${names}`}`;
  return ApplicationFailure.create({ type: NOTHING_TO_HOLD, message, nonRetryable: true });
}

// Whichever build the workers have: it is theirs together. Where they have none, nothing may be said of it.
setWorkflowOptions(() => (isVersioned() ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), providerBoard);

function isVersioned(): boolean {
  return (workflowInfo().currentDeploymentVersion?.deploymentName ?? '') !== '';
}

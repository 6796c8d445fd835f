import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import { boardTable } from '../core/deployments/board-text.js';
import { BOARD_REPORT, checkReport, PROVIDERS, type ProviderBoardInput } from '../core/deployments/board-messages.js';
import { EMPTY_BOARD, takeReport, withoutLost, type BoardReport, type BoardView } from '../core/deployments/board.js';
import { boardStatus, type BoardStatus } from '../core/deployments/board-status.js';

/** A report is five events at most: a history has 200 of them, or more. */
const LONG_HISTORY = 1_000;

/** A board that nobody reports to for so long ends; the next report starts another. */
const QUIET_MS = 10 * 60_000;

const takesReport = defineUpdate<BoardView, [report: BoardReport]>(BOARD_REPORT);
const providers = defineQuery<BoardStatus>(PROVIDERS);

/** What the workers of a task queue share: the limits of the providers, of which each has its part while it has calls. */
export async function providerBoard({ board: given = EMPTY_BOARD }: ProviderBoardInput = {}): Promise<void> {
  let board = given;
  let reportedMs = Date.now();
  setHandler(
    takesReport,
    (report) => {
      reportedMs = Date.now();
      const taken = takeReport(board, report, reportedMs);
      board = taken.board;
      setCurrentDetails(boardTable(board, reportedMs));
      return taken.view;
    },
    { validator: checkReport },
  );
  setHandler(providers, () => boardStatus(withoutLost(board, Date.now()), Date.now()));
  const isLong = (): boolean => workflowInfo().historyLength > LONG_HISTORY || workflowInfo().continueAsNewSuggested;
  while (!(await condition(isLong, QUIET_MS))) {
    if (Date.now() - reportedMs >= QUIET_MS) return;
  }
  await condition(allHandlersFinished);
  await continueAsNew<typeof providerBoard>({ board: withoutLost(board, Date.now()) });
}

// Whichever build the workers have: it is theirs together. Where they have none, nothing may be said of it.
setWorkflowOptions(() => (isVersioned() ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), providerBoard);

function isVersioned(): boolean {
  return (workflowInfo().currentDeploymentVersion?.deploymentName ?? '') !== '';
}

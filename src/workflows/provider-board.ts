import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  patched,
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

/** A history has so many updates at most, or so much of what they were given and gave. */
const MOST_UPDATES = 200;
const MOST_CHARACTERS = 4_000_000;

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
 * they have seen of deployments; what is held. Its commands follow from its updates alone: it has no timer, and asks nobody
 * how long its history is, for both depend on how Temporal divides a history into tasks.
 */
export async function providerBoard({ board: given = EMPTY_BOARD }: ProviderBoardInput = {}): Promise<void> {
  const isOld = !patched('board-by-updates');
  let board = given;
  let changedMs = Date.now();
  let updates = 0;
  let characters = 0;
  const change = (changed: typeof board, ...exchanged: readonly unknown[]): void => {
    board = changed;
    changedMs = Date.now();
    updates += 1;
    characters += JSON.stringify(exchanged).length;
    setCurrentDetails(boardTable(board, changedMs));
  };
  setHandler(
    takesReport,
    (report) => {
      const taken = takeReport(board, report, Date.now());
      change(taken.board, report, taken.view);
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
  if (isOld) {
    const isQuiet = (): boolean => Date.now() - changedMs >= QUIET_MS && (board.holds ?? []).length === 0;
    if (await isOver(isQuiet)) return;
  } else {
    await condition(() => updates >= MOST_UPDATES || characters >= MOST_CHARACTERS);
  }
  await condition(allHandlersFinished);
  await continueAsNew<typeof providerBoard>({ board: withoutLost(board, Date.now()) });
}

const LONG_HISTORY = 1_000;
const QUIET_MS = 10 * 60_000;

/** As boards of before have it: they end after a while without a report, or go on when their history is long. */
async function isOver(isQuiet: () => boolean): Promise<boolean> {
  const isLong = (): boolean => workflowInfo().historyLength > LONG_HISTORY || workflowInfo().continueAsNewSuggested;
  while (!(await condition(isLong, QUIET_MS))) if (isQuiet()) return true;
  return false;
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

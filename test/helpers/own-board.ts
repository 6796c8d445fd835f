import { EMPTY_BOARD, takeReport } from '../../src/core/deployments/board.js';
import { checkReport } from '../../src/core/deployments/board-messages.js';
import type { ReportToBoard } from '../../src/providers/shared-board.js';

/**
 * A board of the providers in the process of the test, for the workers that are given it. It takes and gives what the
 * workflow does, which with its tasks took a fifth of the CPU of all tests.
 */
export function ownBoard(): ReportToBoard {
  let board = EMPTY_BOARD;
  return async (given) => {
    const report: unknown = JSON.parse(JSON.stringify(given));
    checkReport(report);
    const taken = takeReport(board, report, Date.now());
    board = taken.board;
    return JSON.parse(JSON.stringify(taken.view)) as typeof taken.view;
  };
}

/** Of workers whose board is the workflow, as users have it: for tests of what it does. */
export const BOARD_OF_WORKFLOW = { board: undefined } as const;

import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Clock } from '../clock.js';
import { BOARD_REPORT } from '../core/deployments/board-messages.js';
import type { ReportToBoard } from '../providers/shared-board.js';
import { dataConverter } from '../temporal/data-converter.js';
import type { PlaceOfWork } from '../temporal/settings.js';
import { updateBoard } from '../temporal/update-board.js';

/** A board whose worker was lost answers when another has it, a few seconds later. */
const ANSWERS_WITHIN_MS = 4_000;

/** Reports to the board of a task queue, which the first report starts. */
export function reportToBoard(
  connection: NativeConnection,
  settings: PlaceOfWork,
  clock: Pick<Clock, 'now'>,
): ReportToBoard {
  const { namespace, taskQueue } = settings;
  const client = new Client({ connection, namespace, dataConverter: dataConverter(settings) });
  return (report) =>
    client.withDeadline(clock.now() + ANSWERS_WITHIN_MS, () => updateBoard(client, taskQueue, BOARD_REPORT, report));
}

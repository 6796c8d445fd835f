import type { ListedWorker } from '../client/list-workers.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { table } from './table.js';
import { duration } from './times.js';
import { withClient } from './with-client.js';

interface WorkersOptions extends GlobalOptions {
  json?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .option('--json', 'machine-readable')
    .addHelpText('after', examples('holdfast workers', 'holdfast workers --task-queue batches --json'))
    .action(async () => {
      const options = command.optsWithGlobals<WorkersOptions>();
      const workers = await withClient(options, (client) => client.workers());
      if (options.json === true) console.log(JSON.stringify(workers, null, 2));
      else if (workers.length > 0) console.log(workerTable(workers, Date.now()));
      else console.log('no worker polls this task queue');
    });
};

/** Within 80 columns, but for long names. */
export function workerTable(workers: readonly ListedWorker[], nowMs: number): string {
  const age = (time: Date | null) => (time === null ? '' : duration(Math.max(0, nowMs - time.getTime())));
  const rows = workers.map(({ identity, startedAt, heardAt, version, isStopping, activities, workflows }) => [
    identity,
    age(startedAt),
    age(heardAt),
    isStopping ? 'stops' : 'polls',
    used(activities),
    used(workflows),
    version ?? '',
  ]);
  return table(['WORKER', 'FOR', 'HEARD', 'STATE', 'ACTIVITIES', 'WORKFLOWS', 'VERSION'], rows);
}

function used(slots: ListedWorker['activities']): string {
  return slots === null ? '' : `${slots.used}/${slots.all}`;
}

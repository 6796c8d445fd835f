import type { ListedBatch } from '../../client/listed-batch.js';
import { shownLocation } from '../../storage/index.js';
import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples, note } from '../examples.js';
import { wholeNumber } from '../option-values.js';
import { table } from '../table.js';
import { localTime } from '../times.js';
import { withClient } from '../with-client.js';
import { count } from '../../core/batch/batch-text.js';

interface ListCliOptions extends GlobalOptions {
  limit: number;
  json?: true;
}

const DEFAULT_LIMIT = 20;

export const configure: ConfigureCommand = (command) => {
  command
    .option('--limit <n>', 'at most so many', wholeNumber(1), DEFAULT_LIMIT)
    .option('--json', 'machine-readable')
    .addHelpText('after', note('The figures of a batch that runs may be half a minute old.'))
    .addHelpText('after', examples('holdfast batch list', 'holdfast batch list --limit 100 --json'))
    .action(async () => {
      const { limit, json, ...options } = command.optsWithGlobals<ListCliOptions>();
      const batches: ListedBatch[] = [];
      await withClient(options, async (client) => {
        for await (const batch of client.batches.list({ limit })) batches.push(batch);
      });
      if (json === true) console.log(JSON.stringify(batches, null, 2));
      else console.log(batches.length === 0 ? 'no batches' : batchTable(batches));
    });
};

function batchTable(batches: readonly ListedBatch[]): string {
  const figure = (number: number | null) => (number === null ? '' : count(number));
  const rows = batches.map(({ startedAt, batchId, state, rows: all, answered, failed, spec }) => [
    localTime(startedAt),
    batchId,
    state,
    figure(all),
    figure(answered),
    figure(failed),
    shownLocation(spec.output),
  ]);
  return table(['STARTED', 'BATCH', 'STATE', 'ROWS', 'ANSWERED', 'FAILED', 'OUTPUT'], rows);
}

import { readFailedRows, readIndex, type FailedKind } from '../../batch/index.js';
import { count } from '../../core/batch/batch-text.js';
import { batchFolder } from '../../core/batch/batch.js';
import { openFiles } from '../../storage/index.js';
import type { ConfigureCommand, GlobalOptions } from '../configure-command.js';
import { examples, note } from '../examples.js';
import { oneLine } from '../printable.js';
import { outputOf } from './output-of.js';
import { dataSettingsOf } from '../with-client.js';
import { ID_HELP } from './with-batch.js';

interface ErrorsOptions extends GlobalOptions {
  json?: true;
}

/** So many rows of each kind are shown. */
const SHOWN = 3;

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<id>', ID_HELP)
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      note('Reads the files itself, also while the batch runs. Given the output folder, it needs no server.'),
    )
    .addHelpText('after', examples('holdfast batch errors answers'))
    .action(async (id: string) => {
      const options = command.optsWithGlobals<ErrorsOptions>();
      const storage = openFiles((await dataSettingsOf(options)).keys);
      const folder = batchFolder(await outputOf(id, storage, options));
      const { chunks } = (await readIndex({ storage, folder })) ?? { chunks: 0 };
      const kinds = await readFailedRows({ storage, folder, chunks, named: SHOWN });
      console.log(options.json === true ? JSON.stringify(kinds, null, 2) : text(kinds));
    });
};

function text(kinds: readonly FailedKind[]): string {
  if (kinds.length === 0) return 'no row has failed';
  return kinds.map(kindText).join('\n');
}

function kindText({ kind, rows, first }: FailedKind): string {
  const lines = first.map(
    ({ customId, message }) => `  ${oneLine(customId === null ? message : `${customId}: ${message}`)}`,
  );
  const more = rows > first.length ? [`  … and ${count(rows - first.length)} more`] : [];
  return [`${kind}: ${count(rows)} ${rows === 1 ? 'row' : 'rows'}`, ...lines, ...more].join('\n');
}

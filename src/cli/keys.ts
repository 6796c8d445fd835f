import type { KeyInUse, KeysInUse } from '../client/keys-in-use.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { wholeNumber } from './option-values.js';
import { table } from './table.js';
import { localTime } from './times.js';
import { UsageError } from './usage-error.js';
import { dataSettingsOf, withClient } from './with-client.js';

interface RotateOptions extends GlobalOptions {
  dryRun?: true;
  limit: number;
  files?: readonly string[];
  json?: true;
}

const DEFAULT_LIMIT = 1000;

export const configure: ConfigureCommand = (command) => {
  const rotate = command.addHelpText('after', examples('holdfast keys rotate --dry-run')).command('rotate');
  rotate
    .description('Say which key the data of calls and batches is under: a key under which nothing is left may go.')
    .option('--dry-run', 'required: data is never encrypted anew, new data goes under the first key of the config')
    .option('--limit <n>', 'read at most so many histories, newest first', wholeNumber(1), DEFAULT_LIMIT)
    .option('--files <place...>', 'look at these folders, too: paths or s3://…; of a gateway, of batches')
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      examples(
        'holdfast keys rotate --dry-run',
        'holdfast keys rotate --dry-run --files /data/files s3://bucket/batches',
      ),
    )
    .action(async () => {
      const options = rotate.optsWithGlobals<RotateOptions>();
      const { dryRun, limit, taskQueue, files, json } = options;
      if (dryRun !== true) {
        throw new UsageError(
          'keys are rotated in the config: put the new one first in encryption.keys of all processes. --dry-run shows what is under which',
        );
      }
      const current = await (await dataSettingsOf(options)).keys?.current();
      const found = await withClient(options, (client) => client.keysInUse({ limit, taskQueue, files }));
      console.log(
        json === true
          ? JSON.stringify({ current: current?.id ?? null, ...found }, null, 2)
          : text(found, current?.id, files),
      );
    });
};

function text({ scanned, kept, keys }: KeysInUse, current: string | undefined, files?: readonly string[]): string {
  const isAsked = files !== undefined;
  const rows = keys.map((key) => [
    nameOf(key, current),
    ...[key.running, key.over, ...(isAsked ? [key.files] : [])].map(String),
    endOf(key),
  ]);
  const head = ['KEY', 'RUNNING', 'OVER', ...(isAsked ? ['FILES'] : []), 'LAST ENDED'];
  const more = kept > scanned ? `, the newest of about ${kept}: --limit ${kept} reads all` : '';
  return [`${scanned} histories were read${more}`, table(head, rows)].join('\n\n');
}

function nameOf({ keyId }: KeyInUse, current: string | undefined): string {
  if (keyId === null) return '(plain text)';
  return keyId === current ? `${keyId} (for new data)` : keyId;
}

function endOf({ lastEnd }: KeyInUse): string {
  return lastEnd === null ? '' : localTime(lastEnd);
}

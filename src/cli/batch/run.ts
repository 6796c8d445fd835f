import type { ConfigureCommand } from '../configure-command.js';
import { examples, note } from '../examples.js';
import { withClient } from '../with-client.js';
import { dryRun } from './dry-run.js';
import { followBatch } from './follow-batch.js';
import { addSubmitOptions, batchOptions, type SubmitOptions } from './submit-options.js';
import { temporalSettings } from '../../temporal/settings.js';

export const configure: ConfigureCommand = (command, end) => {
  addSubmitOptions(command)
    .option('--json', 'a line of JSON every few seconds, at each change and at the end, on standard output')
    .addHelpText(
      'after',
      note('The same command again follows the same batch. Interrupting it stops the following only.'),
    )
    .addHelpText(
      'after',
      examples(
        'holdfast batch run questions.jsonl --out answers',
        'holdfast batch run questions.jsonl --dry-run',
        'zcat questions.jsonl.gz | holdfast batch run - --out s3://bucket/answers --concurrency 200',
      ),
    )
    .action(async (file: string) => {
      const options = command.optsWithGlobals<SubmitOptions>();
      if (options.dryRun === true) return end(await dryRun(file, options));
      end(
        await withClient(options, async (client) => {
          const handle = await client.batches.submit(await batchOptions(file, options));
          return followBatch({ client, handle, taskQueue: temporalSettings(options).taskQueue }, options);
        }),
      );
    });
};

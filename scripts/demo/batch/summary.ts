import { join } from 'node:path';
import { count } from '../../../src/core/batch/batch-text.js';
import type { Screen } from '../screen.js';
import type { Stage } from '../stage.js';
import type { CheckedOutput } from './check-output.js';

export interface BatchEnd extends CheckedOutput {
  readonly batchId: string;
  readonly output: string;
  /** How often the worker was killed. */
  readonly kills: number;
}

/** What happened, what to look at, what to try. */
export function summarizeBatch(stage: Stage, screen: Screen, end: BatchEnd): void {
  const { provider, server, flags } = stage;
  const { summary, wrong, kills, output, batchId } = end;
  screen.heading('What happened');
  const { rows, answered, failedAttempts, retries } = summary;
  if (wrong.length === 0) {
    screen.text(`${count(rows)} rows, ${count(answered)} answered: each once, in the order of the questions.`, {
      style: 'green',
    });
  }
  for (const line of wrong) screen.text(line, { style: 'red' });
  const failures = Object.entries(failedAttempts).toSorted(([, a], [, b]) => b - a);
  if (failures.length > 0) {
    const kinds = failures.map(([kind, number]) => `${number} ${kind}`);
    screen.text(`On the way: ${kinds.join(', ')}. ${count(retries)} retries.`);
  }
  const requests = provider === null ? '' : ` The provider saw ${count(provider.callCount())} requests.`;
  screen.text(`The worker was killed ${kills === 2 ? 'twice' : `${kills} times`}, and nothing was lost.${requests}`);
  screen.heading('Look at it');
  screen.row(join(output, 'output.jsonl'), 'cyan');
  if (server.ui !== null) {
    screen.row(stage.uiOf(batchId) ?? '', 'cyan');
    screen.text('The batch is one workflow; each row that needed a retry is another, to be found by');
    screen.row(`HoldfastBatch = "${batchId}"`);
  }
  screen.heading('Try next');
  screen.row(`npx holdfast batch results ${output}`);
  screen.row(`npx holdfast batch watch ${batchId} ${flags}    while everything is up`);
  if (provider !== null) screen.row('OPENAI_API_KEY=sk-… npm run demo:batch    the same with the real API');
}

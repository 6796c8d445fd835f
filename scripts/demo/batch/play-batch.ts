import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Rate } from '../../../src/cli/batch/rate.js';
import { progressText } from '../../../src/cli/batch/status-text.js';
import { doneRows } from '../../../src/core/batch/batch-text.js';
import { localTime } from '../../../src/cli/times.js';
import type { BatchHandle } from '../../../src/client.js';
import { replaceWorker } from '../kill-worker.js';
import type { Played } from '../play.js';
import type { Run } from '../run.js';
import type { Screen } from '../screen.js';
import { openStage, ROOT, showStage, type Play } from '../stage.js';
import { checkOutput } from './check-output.js';
import { ATTEMPT_TIMEOUT_SECONDS, batchProvider, FAULT_LIST, FAULT_RATE } from './provider.js';
import { summarizeBatch } from './summary.js';

const EXAMPLE = join('examples', 'gsm8k');
const QUESTIONS = join(EXAMPLE, 'questions.jsonl');
const CONFIG = join(EXAMPLE, 'holdfast.yaml');
const MODEL = 'gpt-4o-mini';

/** The worker is killed each time when so large a part of the rows is known to have an answer. */
const KILL_AT = [0.15, 0.5];

const LINE_EVERY_MS = 3_000;

/** Starts everything, runs the batch, kills its worker twice, and checks the output. */
export async function playBatch(run: Run, screen: Screen): Promise<Played> {
  const scripted = !process.env['OPENAI_API_KEY'];
  screen.heading('Holdfast: a batch that cannot be lost');
  screen.status('starting Temporal');
  const stage = await openStage(run, {
    configFile: (folder) => (scripted ? impatientConfig(folder) : Promise.resolve(join(ROOT, CONFIG))),
    provider: scripted ? batchProvider(MODEL) : null,
  });
  showStage(stage, screen);
  screen.status('starting a worker');
  const worker = await stage.startWorker();
  screen.row(`worker    process ${worker.pid}, under ${CONFIG}`);
  screen.status('');
  const play: Play = { run, stage, screen, worker, killed: null };

  screen.heading('The batch');
  screen.text(
    `Each line of ${QUESTIONS} is a question. ` +
      (scripted
        ? `The provider fails ${FAULT_RATE * 100} % of the requests: ${FAULT_LIST}. ` +
          `An attempt may take ${ATTEMPT_TIMEOUT_SECONDS} s here.`
        : 'OPENAI_API_KEY is set: they go to the real API, which costs some cents.'),
  );
  const output = join(stage.folder, 'answers');
  const batch = await run.until(
    stage.client.batches.submit({
      input: join(ROOT, QUESTIONS),
      output,
      batchId: `${stage.prefix}-batch`,
      mode: 'packed',
    }),
  );
  stage.callIds.push(batch.batchId);
  screen.row(`Batch ${batch.batchId}  ${stage.uiOf(batch.batchId) ?? ''}`, 'cyan');
  screen.gap();
  const kills = await followAndKill(play, batch);
  const checked = await checkOutput(join(ROOT, QUESTIONS), output, scripted);
  summarizeBatch(stage, screen, { batchId: batch.batchId, output, kills, ...checked });
  return { stage, ok: checked.wrong.length === 0 };
}

/** The example's config, but under it an attempt that hangs ends soon. */
async function impatientConfig(folder: string): Promise<string> {
  const config = parse(await readFile(join(ROOT, CONFIG), 'utf8')) as { router_settings: object };
  const router_settings = { ...config.router_settings, timeout: ATTEMPT_TIMEOUT_SECONDS };
  const file = join(folder, 'holdfast.yaml');
  await writeFile(file, stringify({ ...config, router_settings }));
  return file;
}

/** Shows the batch to its end. Returns how often its worker was killed. */
async function followAndKill(play: Play, batch: BatchHandle): Promise<number> {
  const { run, screen } = play;
  const rate = new Rate();
  const left = [...KILL_AT];
  let shownMs = Date.now();
  const show = async (): Promise<void> => {
    for await (const status of batch.follow()) {
      rate.add(doneRows(status), Date.now());
      const text = progressText(status, rate.perSecond);
      screen.status(text);
      if (Date.now() - shownMs > LINE_EVERY_MS) {
        shownMs = Date.now();
        screen.row(`${localTime(new Date())}  ${text}`);
      }
      const [next] = left;
      if (next === undefined || doneRows(status) < next * (status.rows ?? Infinity)) continue;
      left.shift();
      await replaceWorker(play, {
        killed: `the worker is gone, with ${status.inFlight} rows in flight.`,
        replaced: 'It goes on where the answers on the disk end, once 10 s without heartbeats have passed.',
      });
    }
  };
  await run.until(show());
  screen.status('');
  return KILL_AT.length - left.length;
}

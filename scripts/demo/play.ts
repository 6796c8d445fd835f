import { join } from 'node:path';
import { lastUserText } from '../../src/mock-provider/prompt.js';
import type { Run } from './run.js';
import { answerTo, CONFIG, LATENCY_MS, REAL, SCRIPTED, type Scenario } from './scenarios.js';
import type { Screen } from './screen.js';
import { showCall } from './show-call.js';
import { openStage, ROOT, showStage, type Play, type Stage } from './stage.js';
import { summarize } from './summary.js';

/** How a demo went. */
export interface Played {
  readonly stage: Stage;
  /** Whether it showed what it is there to show. */
  readonly ok: boolean;
}

/** Starts everything, makes the calls one after the other, and says what happened. */
export async function play(run: Run, screen: Screen): Promise<Played> {
  const scripted = !process.env['OPENAI_API_KEY'];
  screen.heading('Holdfast: durable LLM calls on Temporal');
  screen.status('starting Temporal');
  const answer = (body: Record<string, unknown>) => answerTo(lastUserText(body));
  const stage = await openStage(run, {
    configFile: () => Promise.resolve(join(ROOT, CONFIG)),
    provider: scripted ? { latencyMs: LATENCY_MS, answer } : null,
  });
  showStage(stage, screen);
  screen.status('starting a worker');
  const worker = await stage.startWorker();
  screen.row(`worker    process ${worker.pid}, under ${CONFIG}`);
  screen.status('');
  if (!scripted) showWhatIsSkipped(screen);
  const scenarios = scripted ? SCRIPTED : REAL;
  const state: Play = { run, stage, screen, worker, killed: null };
  const answered = await playAll(state, scenarios);
  stage.provider?.setScript({});
  summarize(stage, screen, { calls: scenarios.length, answered, workerWasKilled: state.killed !== null });
  return { stage, ok: answered > 0 };
}

async function playAll(state: Play, scenarios: readonly Scenario[]): Promise<number> {
  let answered = 0;
  for (const [index, scenario] of scenarios.entries()) {
    if (await showCall(state, scenario, index + 1)) answered += 1;
  }
  return answered;
}

function showWhatIsSkipped(screen: Screen): void {
  screen.gap();
  screen.text(
    'OPENAI_API_KEY is set, so the calls go to the real API and cost a little. No 429, 500 or hang can be ordered there: ' +
      'those calls are skipped. Unset the key to see them.',
  );
}

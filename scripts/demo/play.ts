import type { Run } from './run.js';
import { REAL, SCRIPTED, type Scenario } from './scenarios.js';
import type { Screen } from './screen.js';
import { showCall } from './show-call.js';
import { CONFIG, openStage, type Play, type Stage } from './stage.js';

/** How the demo went. */
export interface Played {
  readonly stage: Stage;
  readonly calls: number;
  readonly answered: number;
  readonly workerWasKilled: boolean;
}

/** Starts everything and makes the calls, one after the other. */
export async function play(run: Run, screen: Screen): Promise<Played> {
  const scripted = !process.env['OPENAI_API_KEY'];
  screen.heading('Holdfast: durable LLM calls on Temporal');
  screen.status('starting Temporal');
  const stage = await openStage(run, { scripted });
  showWhatRuns(stage, screen);
  screen.status('starting a worker');
  const worker = await stage.startWorker();
  screen.row(`worker    process ${worker.pid}, under ${CONFIG}`);
  screen.status('');
  if (!scripted) showWhatIsSkipped(screen);
  const scenarios = scripted ? SCRIPTED : REAL;
  const state: Play = { run, stage, screen, worker, killed: null };
  const answered = await playAll(state, scenarios);
  stage.provider?.setScript({});
  return { stage, calls: scenarios.length, answered, workerWasKilled: state.killed !== null };
}

async function playAll(state: Play, scenarios: readonly Scenario[]): Promise<number> {
  let answered = 0;
  for (const [index, scenario] of scenarios.entries()) {
    if (await showCall(state, scenario, index + 1)) answered += 1;
  }
  return answered;
}

function showWhatRuns({ server, provider, folder }: Stage, screen: Screen): void {
  const { address, dbFile, ui } = server;
  const realProvider = process.env['OPENAI_BASE_URL'] || 'https://api.openai.com/v1';
  screen.row(`Temporal  ${address}${dbFile === null ? ', which ran already' : `, its state in ${dbFile}`}`);
  screen.row(ui === null ? 'UI        TEMPORAL_UI does not say where it is' : `UI        ${ui}`);
  screen.row(`provider  ${provider === null ? realProvider : `scripted, ${provider.url}/v1`}`);
  screen.row(`logs      ${folder}`);
}

function showWhatIsSkipped(screen: Screen): void {
  screen.gap();
  screen.text(
    'OPENAI_API_KEY is set, so the calls go to the real API and cost a little. No 429, 500 or hang can be ordered there: ' +
      'those calls are skipped. Unset the key to see them.',
  );
}

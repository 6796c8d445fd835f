import { CONFIG } from './scenarios.js';
import type { Screen } from './screen.js';
import type { Stage } from './stage.js';

export interface CallCounts {
  readonly calls: number;
  readonly answered: number;
  readonly workerWasKilled: boolean;
}

/** What happened, what to look at, what to try. */
export function summarize(stage: Stage, screen: Screen, { calls, answered, workerWasKilled }: CallCounts): void {
  const { provider, server, prefix } = stage;
  screen.heading('What happened');
  const requests = provider === null ? '' : ` The provider saw ${provider.callCount()} requests.`;
  const killed = workerWasKilled ? ' One worker was killed, and no call was lost.' : '';
  screen.text(`${calls} calls, ${answered} answered.${requests}${killed}`);
  if (server.ui !== null) {
    screen.heading('Look at it');
    screen.row(`${server.ui}/namespaces/${server.namespace}/workflows`, 'cyan');
    screen.text('Each call is a workflow, each model group it asked an activity of it, with every attempt and why.');
    screen.text(`Filter: HoldfastFallbacks > 0, HoldfastAttempts > 1, WorkflowId STARTS_WITH "${prefix}-".`);
  }
  screen.heading('Try next');
  screen.row(`Change retry_policy in ${CONFIG} and run the demo again.`);
  screen.row('npx holdfast explain fast               what a call would do, error by error');
  if (provider !== null) {
    screen.row('OPENAI_API_KEY=sk-… npm run demo        the same with the real API');
  }
  screen.row('OPENAI_API_KEY=sk-… npx holdfast dev    a server and a worker that stay');
  if (server.dbFile !== null) screen.row(`      … --db ${server.dbFile}    with the calls of this run`);
}

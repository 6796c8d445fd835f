import { expect, test } from 'vitest';
import { queryGuard } from '../../src/workflows/query-guard.js';

interface Step {
  readonly at: number;
  readonly replays?: boolean;
  readonly job?: object;
}

const signal = { signalWorkflow: {} };
const localResult = { resolveActivity: { isLocal: true } };
const query = (queryId: string): Step => ({ at: 0, replays: true, job: { queryWorkflow: { queryId } } });
const ALONE = query('legacy_query');
const WITH_TASK = query('1');
const replayed = (at: number): Step => ({ at, replays: true, job: signal });
const task = (at: number): Step => ({ at, job: signal });

function lastStepFails(steps: readonly Step[]): boolean {
  const guard = queryGuard();
  const run = ({ at, replays = false, job }: Step) => {
    const activation = { timestamp: { seconds: at, nanos: 0 }, isReplaying: replays, jobs: [job] };
    guard.activate!({ activation: activation as never, batchIndex: 0 }, () => {});
  };
  steps.slice(0, -1).forEach(run);
  try {
    run(steps.at(-1)!);
    return false;
  } catch (error) {
    expect(String(error)).toContain('the task begins again');
    return true;
  }
}

test.each<[what: string, steps: readonly Step[], fails: boolean]>([
  ['after a query that saw events without a task, the task begins again', [replayed(1), task(1), ALONE, task(2)], true],
  ['after several of them, too', [replayed(1), task(1), ALONE, task(1), ALONE, task(2)], true],
  ['a query that sees yet more is answered', [replayed(1), task(1), ALONE, task(1), ALONE], false],
  ['not after a query that saw the history up to a task', [replayed(1), replayed(2), ALONE, task(3)], false],
  ['not after a query that came to a worker that has the workflow', [task(1), task(2), ALONE, task(3)], false],
  ['not after a query that came with its task', [task(1), task(1), WITH_TASK, task(2)], false],
  ['not for the results of local activities', [task(1), { at: 1, job: localResult }, ALONE, task(2)], false],
  ['a query is answered in any case', [replayed(1), task(1), ALONE, ALONE], false],
])('%s', (_, steps, fails) => {
  expect(lastStepFails(steps)).toBe(fails);
});

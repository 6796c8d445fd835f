import { afterAll, beforeAll, expect, test } from 'vitest';
import { group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage } from './environment.js';

const [probed] = group('probed');
const CONFIG = {
  model_list: [{ ...probed, model_info: { allowed_fails: 0, cooldown_time: 1 } }],
  router_settings: { num_retries: 3, max_retry_delay: 1 },
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(CONFIG, { 'probed-up': '500,hang,ok' });
});
afterAll(() => stage.close());

// A worker that stalls can be lost before it is killed.
test(
  'a worker that is killed while it has the probe of a deployment: another one probes, and the call is answered',
  TIMED,
  async () => {
    await stage.clear();
    const { client, provider } = stage;
    const worker = await stage.startWorker();
    const handle = await client.start({ model: 'probed', messages: [{ role: 'user', content: 'hi' }] });
    // The first attempt made it cool; the second one asks alone.
    await waitFor(() => provider.callCount('probed-up') === 2, { what: 'the probe' });
    await worker.kill();
    await stage.workHere();
    const { report } = await handle.result();
    const outcomes = report.ledger.entries.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(expect.arrayContaining(['failed', 'lost', 'answered']));
    expect(provider.callCount('probed-up')).toBe(3);
    await waitFor(
      async () => (await client.providers()).deployments.every(({ state }) => ['ramp', 'closed'].includes(state)),
      { what: 'the deployment to be back' },
    );
  },
);

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { HoldfastClient, type CallRequest } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { startWorker, type RunningWorker } from '../../src/worker.js';
import type { VersioningBehaviorName } from '../../src/worker/versioning.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { configText, FAST, group } from '../helpers/holdfast.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

const request = (model: string): CallRequest => ({ model, messages: [{ role: 'user', content: 'hi' }] });
const CONFIG = {
  model_list: [...group('good'), ...group('late'), ...group('held'), ...group('broken')],
  router_settings: { ...FAST, fallbacks: [{ broken: ['held'] }] },
};
const SCRIPT = { 'good-up': 'ok', 'late-up': '503(retry-after=5),held', 'held-up': 'held', 'broken-up': '400' };

let temporal: TestTemporal;
let provider: MockProvider;
beforeAll(async () => {
  temporal = await openTemporal(inject('temporalAddress'));
  provider = await startMockProvider({ script: SCRIPT });
});
afterAll(async () => {
  await temporal.close();
  await provider.close();
});

describe.each<{ behavior: VersioningBehaviorName; oldBuildStays: boolean }>([
  { behavior: 'pinned', oldBuildStays: true },
  { behavior: 'auto-upgrade', oldBuildStays: false },
])('a rolling deploy of two builds, $behavior', ({ behavior, oldBuildStays }) => {
  test('loses no call, whatever it does', async () => {
    provider.reset();
    provider.setScript(SCRIPT);
    const taskQueue = `versions-${randomUUID()}`;
    const deployment = `deployment-${randomUUID()}`;
    const { address } = temporal;
    const client = await HoldfastClient.connect({ address, taskQueue });
    const start = (buildId: string): Promise<RunningWorker> =>
      startWorker({
        config: parseConfig(configText(CONFIG, provider.url), { source: 'test', env: {} }),
        address,
        taskQueue,
        drainSeconds: 0,
        workflowBundle: { codePath: inject('workflowBundlePath') },
        version: { deployment, buildId, behavior },
      });
    const makeCurrent = (buildId: string) =>
      waitFor(
        () =>
          temporal.client.workflowService
            .setWorkerDeploymentCurrentVersion({ namespace: 'default', deploymentName: deployment, buildId })
            .catch(() => null),
        { what: `build ${buildId} to become current` },
      );
    const buildOf = async (callId: string) =>
      (await temporal.client.workflow.getHandle(callId).describe()).raw.workflowExecutionInfo?.versioningInfo
        ?.deploymentVersion?.buildId;

    const old = await start('1');
    const queued = await client.start(request('good'));
    await makeCurrent('1');
    const { input, output } = await writeBatch(testRows(3, ['held']));
    const batch = await client.batches.submit({ input, output });
    const calls = await Promise.all(['late', 'held', 'broken'].map((model) => client.start(request(model))));
    await waitFor(() => provider.callCount('held-up') >= 5 && provider.callCount('late-up') >= 1, {
      what: 'all to be under way',
    });

    const next = await start('2');
    await makeCurrent('2');
    const fresh = await client.start(request('good'));
    await fresh.result();
    expect(await buildOf(fresh.callId)).toBe('2');
    const stopOld = async () => {
      old.stop();
      await old.stopped;
    };
    if (!oldBuildStays) await stopOld();
    provider.setScript({ ...SCRIPT, 'held-up': 'ok', 'late-up': 'ok' });
    provider.release();
    for (const call of [queued, ...calls]) expect((await call.result()).response.choices).toHaveLength(1);
    expect(await batch.result()).toMatchObject({ counts: { answered: 3, failed: 0 } });
    const late = calls[0]!.callId;
    expect(await buildOf(late)).toBe(oldBuildStays ? '1' : '2');

    if (oldBuildStays) await stopOld();
    next.stop();
    await next.stopped;
    await client.close();
  });
});

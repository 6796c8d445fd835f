import { createHash } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workerTable } from '../../src/cli/workers.js';
import { joinWorkers } from '../../src/client/list-workers.js';
import { connectedTo, runCli } from '../cli/run-cli.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';

const NOW_MS = Date.parse('2026-11-29T12:00:00Z');
const at = (ms: number) => msToTs(ms);
const heartbeat = (identity: string, more: object = {}) => ({
  workerIdentity: identity,
  startTime: at(NOW_MS - 3_600_000),
  heartbeatTime: at(NOW_MS - 5000),
  sdkName: 'temporal-typescript',
  sdkVersion: '1.23.0',
  status: 1,
  activityTaskSlotsInfo: { currentUsedSlots: 3, currentAvailableSlots: 997 },
  workflowTaskSlotsInfo: { currentAvailableSlots: 100 },
  ...more,
});
const poller = (identity: string) => ({ identity, heardAt: new Date(NOW_MS - 1000) });

describe('workers', () => {
  test('are those that have told of themselves, and those that poll and have not yet', () => {
    expect(joinWorkers([poller('2@b'), poller('1@a')], [heartbeat('1@a')], NOW_MS)).toEqual([
      {
        identity: '1@a',
        startedAt: new Date(NOW_MS - 3_600_000),
        heardAt: new Date(NOW_MS - 5000),
        version: null,
        sdk: 'temporal-typescript 1.23.0',
        isStopping: false,
        activities: { used: 3, all: 1000 },
        workflows: { used: 0, all: 100 },
      },
      expect.objectContaining({ identity: '2@b', startedAt: null, activities: null }),
    ]);
  });

  test('that were not heard of for long are gone', () => {
    expect(joinWorkers([], [heartbeat('1@a', { heartbeatTime: at(NOW_MS - 100_000) })], NOW_MS)).toEqual([]);
  });

  test('have their version, and say that they stop', () => {
    const deploymentVersion = { deploymentName: 'calls', buildId: 'b7' };
    expect(joinWorkers([], [heartbeat('1@a', { deploymentVersion, status: 2 })], NOW_MS)).toMatchObject([
      { version: 'calls b7', isStopping: true },
    ]);
  });

  test('are a table of 80 columns', () => {
    const table = workerTable(joinWorkers([poller('2@b')], [heartbeat('123456@worker-7f9c-x2b')], NOW_MS), NOW_MS);
    expect(table).toBe(
      [
        'WORKER                  FOR         HEARD  STATE  ACTIVITIES  WORKFLOWS  VERSION',
        '123456@worker-7f9c-x2b  1 h 00 min  5.0 s  polls  3/1000      0/100',
        '2@b                                 1.0 s  polls',
      ].join('\n'),
    );
  });
});

describe('the workers of a task queue', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const keys = {
      master_key: 'sk-master',
      api_keys: [{ id: 'someone', sha256: createHash('sha256').update('sk-someone').digest('hex') }],
    };
    gateway = await openGateway({ model_list: group('good'), general_settings: keys });
  });
  afterAll(() => gateway.close());

  const isThisProcess = expect.objectContaining({ identity: expect.stringMatching(`^${process.pid}@`) });

  test('are told to whoever has the master key', async () => {
    const headers = { authorization: 'Bearer sk-master' };
    await expect
      .poll(async () => (await gateway.fetch('/holdfast/workers', { headers })).json())
      .toEqual({ workers: [isThisProcess] });
    const refused = await gateway.fetch('/holdfast/workers', { headers: { authorization: 'Bearer sk-someone' } });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: { message: expect.stringContaining('it takes the master key') },
    });
  });

  test('are shown by the command line, and by the client', async () => {
    await expect.poll(() => gateway.client.workers()).toEqual([isThisProcess]);
    const { stdout } = await runCli(connectedTo(gateway.taskQueue, ['workers']));
    expect(stdout).toMatch(new RegExp(`^WORKER .*\\n${process.pid}@`));
    const { stdout: json } = await runCli(connectedTo(gateway.taskQueue, ['workers', '--json']));
    expect(JSON.parse(json)).toEqual([isThisProcess]);
    const nobody = await runCli(connectedTo('nobody-at-all', ['workers']));
    expect(nobody.stdout).toBe('no worker polls this task queue\n');
  });
});

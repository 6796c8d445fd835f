import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { startMockProvider } from '../../src/mock-provider/index.js';
import { connectedTo, NO_TEMPORAL, runCli } from '../cli/run-cli.js';
import { codeBlocks, readPage } from '../docs/markdown.js';
import { configText, group } from '../helpers/holdfast.js';
import { startCli } from '../helpers/processes.js';
import { waitFor } from '../helpers/wait-for.js';

const URGENT = 5;
const CALLS = 20;

/** The commands of the runbook in their order, words as a shell gives them. */
function commandsOf(path: string): string[][] {
  return codeBlocks(readPage(path))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n').filter((line) => line !== ''))
    .map((line) => {
      const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, ...quoted]) => quoted.find(Boolean) ?? '');
      expect(words.shift()).toBe('holdfast');
      return words;
    });
}

test('the runbook, step by step: nothing is lost while a provider is down', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-incident-'));
  const taskQueue = `test-${randomUUID()}`;
  // All files share the list of calls: this one acts on those of groups of its own.
  const name = `group-${randomUUID()}`;
  const provider = await startMockProvider({ script: { 'down-up': '503(retry-after=1)', 'eu-up': 'ok' } });
  const config = {
    model_list: [...group(name, ['down-up']), ...group(`${name}-eu`, ['eu-up'])],
    router_settings: { num_retries: 500 },
  };
  await writeFile(join(folder, 'holdfast.yaml'), configText(config, provider.url));
  const worker = startCli(connectedTo(taskQueue, ['worker']), { env: NO_TEMPORAL, cwd: folder });
  const client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue });
  onTestFinished(async () => {
    await worker.kill();
    await client.close();
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  });
  await worker.said('polls task queue');

  const messages = [{ role: 'user' as const, content: 'Which bird is this?' }];
  const calls = await Promise.all(
    Array.from({ length: CALLS }, (_, index) =>
      client.start(
        { model: name, messages },
        { idempotencyKey: `${index < URGENT ? 'urgent' : 'later'}-${randomUUID()}` },
      ),
    ),
  );
  const answers = calls.map((call) => call.result());
  const steps = commandsOf('docs/incident.md').map((words) => words.map((word) => word.replaceAll('gpt-4o', name)));
  const step = async (command: string): Promise<string> => {
    const words = steps.shift() ?? [];
    expect(words[0]).toBe(command);
    const { code, stdout, stderr } = await runCli(connectedTo(taskQueue, words));
    expect({ command, code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  };
  const retried = async () => {
    let found = 0;
    for await (const _call of client.list({ retrying: name })) found += 1;
    return found;
  };
  await waitFor(async () => (await retried()) === CALLS, { what: 'all calls to be retried' });

  expect(await step('stuck')).toContain(`${CALLS} calls run`);
  expect(await step('providers')).toContain(name);
  await step('hold');
  const areHeld = async () => {
    const { groups } = await client.stuck();
    const held = groups.filter(({ waitsFor }) => waitsFor.includes('is held by'));
    return held.reduce((sum, { calls: count }) => sum + count, 0) === CALLS;
  };
  await waitFor(areHeld, { what: 'all calls to wait for the hold' });
  const asked = provider.callCount('down-up');
  expect(await step('list')).toContain('urgent-');
  await step('use');
  const urgent = await Promise.all(answers.slice(0, URGENT));
  expect(urgent.map(({ report }) => report.group)).toEqual(urgent.map(() => `${name}-eu`));
  await step('extend');
  expect(provider.callCount('down-up')).toBe(asked);
  provider.setScript({ 'down-up': 'ok', 'eu-up': 'ok' });
  await step('release');
  const others = await Promise.all(answers.slice(URGENT));
  expect(others.map(({ report }) => report.group)).toEqual(others.map(() => name));
  expect(others[0]?.report.ledger.entries.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/extend \(5 more retries\) by .*: an outage is not theirs/),
  );
  await waitFor(async () => (await client.stuck()).running === 0, { what: 'the list to have no call that runs' });
  expect(await step('stuck')).toContain('0 calls run');
  expect(steps).toEqual([]);
});

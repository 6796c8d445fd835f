import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { followConfig, liveConfig, loadConfig, type ReadAgain } from '../../src/config/index.js';
import { startMockProvider } from '../../src/mock-provider/index.js';
import { configText, group, openHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const GROUPS = [...group('first'), ...group('second')];

/** The wait is granted, however long. */
const SETTINGS = { timeout: 100_000 };

test('a call that runs keeps its plan, those after it have that of today; a config that is refused changes nothing', async () => {
  const provider = await startMockProvider({ script: { 'first-up': '429(retry-after=3600),503', 'second-up': 'ok' } });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-read-again-'));
  const file = join(folder, 'holdfast.yaml');
  const write = (settings: object) =>
    writeFile(file, configText({ model_list: GROUPS, router_settings: settings }, provider.url));
  await write({ num_retries: 1, max_retry_delay: 3600 });
  const live = liveConfig(await loadConfig(file));
  const told: ReadAgain[] = [];
  const tell = (read: ReadAgain) => void told.push(read);
  const followed = followConfig({ file, files: [file], load: {}, live, whyNot: () => null, tell });
  const holdfast = await openHoldfast({ model_list: GROUPS }, {}, { config: live.config });
  onTestFinished(async () => {
    followed.stop();
    await holdfast.close();
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  });
  const start = () =>
    holdfast.client.start({
      model: 'first',
      messages: [{ role: 'user', content: `Which bird? ${randomUUID()}` }],
      ...SETTINGS,
    });

  const before = await start();
  await waitFor(async () => (await before.describe()).pending?.state === 'waiting', { what: 'the call to wait' });
  const { hash } = live.config.routing;

  await write({ num_retries: 0, fallbacks: [{ first: ['second'] }] });
  followed.readAgain();
  await waitFor(() => live.config.routing.hash !== hash, { what: 'the config of today' });
  const today = live.config.routing.hash;
  expect((await (await start()).result()).report).toMatchObject({ group: 'second', attempts: 2, configHash: today });

  await writeFile(file, 'model_list: nothing\n');
  followed.readAgain();
  await waitFor(() => told.some((read) => 'refused' in read), { what: 'the refusal' });
  expect((await (await start()).result()).report).toMatchObject({ group: 'second', configHash: today });

  // One retry, and no fallback: as it was planned.
  await before.act('retry-now', { by: 'anna', why: 'a test' });
  await expect(before.result()).rejects.toMatchObject({
    kind: 'ServiceUnavailableError',
    report: { retries: 1, fallbacks: 0, configHash: hash },
  });
});

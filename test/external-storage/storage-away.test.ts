import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FAST, group, openHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const config = { model_list: [...group('bad'), ...group('good')], router_settings: FAST };

const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hello' }] });

test('a call that fails while the storage is away fails with its ledger, and its worker goes on: what Temporal takes is not kept back, and the log says so once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const refusal = { error: { message: 'no '.repeat(90) } };
  const script = {
    'bad-up': [
      { status: 400, hold: true as const, body: refusal },
      { status: 400, body: refusal },
    ],
    'good-up': [{ content: 'yes' }],
  };
  // A failure has its ledger in its details: so long is that of one attempt here.
  const externalStorage = { location: folder, leastBytes: 1100 };
  const holdfast = await openHoldfast(config, script, { externalStorage });
  onTestFinished(() => holdfast.close());
  const warned = vi.spyOn(Runtime.instance().logger, 'warn');
  onTestFinished(() => warned.mockRestore());
  const handle = await holdfast.client.start(request('bad'));
  await waitFor(() => holdfast.provider.callCount('bad-up') === 1);
  await rename(folder, `${folder}-aside`);
  await writeFile(folder, '');
  holdfast.provider.release();
  await expect(handle.result()).rejects.toMatchObject({
    kind: 'BadRequestError',
    ledger: { entries: [{ outcome: 'failed' }] },
  });
  expect((await holdfast.client.execute(request('good'))).response).toBeDefined();
  const notices = () => warned.mock.calls.flatMap(([message]) => (message.includes('takes') ? [message] : []));
  const failAgain = () => expect(holdfast.client.execute(request('bad'))).rejects.toMatchObject({ status: 400 });
  await failAgain();
  const away = expect.stringContaining('takes no payloads: those of up to 1.5 MB go through Temporal') as string;
  expect(notices()).toEqual([away]);
  await rm(folder);
  await rename(`${folder}-aside`, folder);
  await failAgain();
  await failAgain();
  expect(notices()).toEqual([away, expect.stringContaining('takes payloads again')]);
});

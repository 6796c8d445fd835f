import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDevServer } from '../../src/dev-server/start-dev-server.js';
import { FAST, group, openHoldfast } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { fillDisk, mountSmallDisk } from '../helpers/small-disk.js';
import { waitFor } from '../helpers/wait-for.js';

const config = { model_list: [...group('held'), ...group('good')], router_settings: FAST };

const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hello' }] });

describe.skipIf(skipWithout('mounts', 'temporal-cli'))('the disk of the dev server', () => {
  test('is full: calls wait, and go on when there is room; none is lost', async () => {
    const disk = mountSmallDisk(30_000);
    onTestFinished(() => disk.unmount());
    const server = await startDevServer({ cli: locate('temporal-cli') ?? '', dbFile: join(disk.path, 'temporal.db') });
    onTestFinished(() => server.stop());
    const script = { 'held-up': [{ content: 'yes', hold: true as const }], 'good-up': [{ content: 'yes' }] };
    const holdfast = await openHoldfast(config, script, { address: server.address });
    onTestFinished(() => holdfast.close());
    const under = await holdfast.client.start(request('held'));
    await waitFor(() => holdfast.provider.callCount('held-up') === 1);
    const filler = join(disk.path, 'filler');
    await fillDisk(filler);
    holdfast.provider.setScript({ ...script, 'held-up': [{ content: 'yes' }] });
    holdfast.provider.release();
    const late = holdfast.client.start(request('good'), { idempotencyKey: 'late' });
    late.catch(() => undefined);
    await waitFor(() =>
      under.describe().then(
        () => false,
        () => true,
      ),
    );
    await rm(filler);
    expect((await under.result()).response).toMatchObject({ choices: [{ message: { content: 'yes' } }] });
    const handle = await late.catch(() => holdfast.client.start(request('good'), { idempotencyKey: 'late' }));
    await handle.result();
    // The answer that the server could not take is asked for again, as after a server that was lost.
    expect(holdfast.provider.callCount('held-up')).toBeLessThanOrEqual(2);
    expect(holdfast.provider.callCount('good-up')).toBe(1);
  });
});

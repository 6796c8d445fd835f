import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toFile } from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { batchText, testRows } from '../helpers/batch.js';
import { testKey } from '../helpers/encryption.js';
import { openGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { batchEnd, createBatch } from '../helpers/openai-batches.js';
import { skipWithout } from '../helpers/requirements.js';
import { fillDisk, mountSmallDisk } from '../helpers/small-disk.js';

describe.skipIf(skipWithout('mounts')).each([[[]], [[testKey('one')]]])(
  'a disk that is full, with the keys %j',
  (keys) => {
    test('an upload is refused with 507 and leaves nothing, a batch is not started; with room both go on', async () => {
      const disk = mountSmallDisk(1000);
      onTestFinished(() => disk.unmount());
      const config = {
        model_list: group('good'),
        router_settings: FAST,
        ...(keys.length > 0 && { encryption: { keys } }),
      };
      const gateway = await openGateway(config, { 'good-up': [{ content: 'yes' }] }, { files: disk.path });
      onTestFinished(() => gateway.close());
      const openai = gateway.openai({ maxRetries: 0 });
      const text = batchText(testRows(4, ['good']));
      const kept = await openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from(text), 'rows.jsonl') });
      const large = Buffer.alloc(3_000_000, text);
      const upload = async () => openai.files.create({ purpose: 'batch', file: await toFile(large, 'large.jsonl') });
      await expect(upload()).rejects.toMatchObject({ status: 507, message: expect.stringContaining('is full') });
      expect((await openai.files.list()).data.map(({ id }) => id)).toEqual([kept.id]);
      const names = await readdir(disk.path, { recursive: true });
      expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);

      const filler = join(disk.path, 'filler');
      await fillDisk(filler);
      const create = () =>
        openai.batches.create({ input_file_id: kept.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
      await expect(create()).rejects.toMatchObject({ status: 507 });
      expect((await openai.batches.list()).data).toEqual([]);
      expect(gateway.provider.callCount('good-up')).toBe(0);
      expect(await (await openai.files.content(kept.id)).text()).toBe(text);

      await rm(filler);
      disk.grow(10_000);
      expect((await upload()).bytes).toBe(large.length);
      expect(await batchEnd(openai, await createBatch(openai, text))).toMatchObject({
        request_counts: { completed: 4 },
      });
      expect(gateway.provider.callCount('good-up')).toBe(4);
    });
  },
);

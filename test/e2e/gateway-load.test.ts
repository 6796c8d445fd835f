import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { SOAK_SCRIPT, soak, soakConfig } from '../../bench/soak.js';
import { freePort } from '../../src/dev-server/ports.js';
import { startCli } from '../helpers/processes.js';
import { openStage, type Stage } from './environment.js';

describe('a gateway that is busy', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({}, SOAK_SCRIPT);
  });
  afterAll(() => stage.close());

  test('answers 50 requests and 50 streams at a time, with a fault in one of twenty, without an error', async () => {
    const config = join(stage.folder, 'soak.yaml');
    await writeFile(config, stringify(soakConfig(stage.provider.url)));
    const port = await freePort();
    const place = ['--address', inject('temporalAddress'), '--task-queue', stage.taskQueue];
    const serve = startCli(['serve', '--config', config, ...place, '--port', String(port)]);
    await serve.said('polls task queue');
    const { problems, answered, streamed } = await soak({
      url: `http://127.0.0.1:${port}`,
      requests: 50,
      streams: 50,
      seconds: 10,
    });
    expect(problems).toEqual([]);
    expect(answered).toBeGreaterThanOrEqual(50);
    expect(streamed).toBeGreaterThanOrEqual(50);
    await serve.end('SIGTERM');
  }, 300_000);
});

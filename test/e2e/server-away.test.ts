import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { group } from '../helpers/holdfast.js';
import { startCli } from '../helpers/processes.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStageWithServer, type StagedGateway, type StageWithServer } from './environment.js';

const SCRIPT = { 'slow-up': 'held', 'new-up': 'ok' };
const request = { model: 'slow', messages: [{ role: 'user' as const, content: 'Which bird is this?' }] };

/** A poll that is older than this is not asked again by the SDK's own retries. */
const OLD_POLL_MS = 12_000;
/** The server ends a poll after 20 s: one that was frozen for longer finds its time over. */
const FROZEN_MS = 22_000;

describe.skipIf(skipWithout('temporal-cli'))('everyone who waits for a call, while its Temporal server is away', () => {
  let stage: StageWithServer;
  beforeAll(async () => {
    stage = await openStageWithServer({ model_list: [...group('slow'), ...group('new')] }, SCRIPT);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const send = ({ url }: StagedGateway, key: string, stream: boolean) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ ...request, stream }),
    });
  const cliCall = () => {
    const place = ['--address', stage.server().address, '--task-queue', stage.taskQueue];
    return startCli(['call', 'Which bird is this?', '--model', 'slow', '--no-progress', ...place]);
  };

  test.each<{ how: string; away: (meanwhile: () => void) => Promise<void> }>([
    {
      how: 'killed, and started again',
      away: async (meanwhile) => {
        await stage.server().kill();
        meanwhile();
        await stage.restartServer();
      },
    },
    {
      how: 'frozen, and woken',
      away: async (meanwhile) => {
        process.kill(stage.server().pid, 'SIGSTOP');
        meanwhile();
        await sleep(FROZEN_MS);
        process.kill(stage.server().pid, 'SIGCONT');
      },
    },
  ])('$how: plain calls, streams, the typed client and the command line get their answers', async ({ how, away }) => {
    const [serve, gateway] = await Promise.all([
      stage.startGateway('serve'),
      stage.startGateway('gateway', ['--port', '0']),
    ]);
    const answers = [serve, gateway].flatMap((each, index) =>
      [true, false].map((stream) =>
        send(each, `${how} ${index} ${stream}`, stream).then((response) => response.text()),
      ),
    );
    const typed = stage.client.execute(request);
    const cli = cliCall();
    await waitFor(() => stage.provider.callCount('slow-up') >= answers.length + 2, { what: 'all calls to be asked' });
    await sleep(OLD_POLL_MS);
    // Calls that begin meanwhile, without a key, are started once.
    let begun: Promise<unknown>[] = [];
    await away(() => {
      const fresh = { ...request, model: 'new' };
      begun = [
        stage.client.execute(fresh),
        ...[serve, gateway].map(({ url }) =>
          fetch(`${url}/v1/chat/completions`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(fresh),
          }).then((response) => expect(response.status).toBe(200)),
        ),
      ];
    });
    // Attempts that were lost meanwhile are made again.
    stage.provider.setScript({ ...SCRIPT, 'slow-up': 'ok' });
    stage.provider.release();
    for (const text of await Promise.all(answers)) expect(text).toMatch(/Which.*bird/s);
    expect((await typed).response.choices[0]?.message.content).toContain('Which bird is this?');
    await Promise.all(begun);
    expect(stage.provider.callCount('new-up')).toBe(begun.length);
    expect([await cli.ended(), cli.output()]).toEqual([0, expect.stringContaining('Which bird is this?')]);
  });
});

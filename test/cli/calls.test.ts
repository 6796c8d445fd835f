import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { StuckCalls } from '../../src/client/stuck-calls.js';
import { FAST, group, openHoldfast, PLANTED_KEY, type TestHoldfast } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { waitFor } from '../helpers/wait-for.js';
import { connectedTo, NO_TEMPORAL, runCli, type Finished } from './run-cli.js';

/** No other test has calls in a group of this name. */
const WAITING = `waiting-${randomUUID()}`;

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('recovering'),
    ...group('down'),
    ...group('refusing'),
    ...group('limited'),
    ...group('hanging'),
    ...group(WAITING, ['limited-up']),
  ],
  router_settings: { ...FAST, num_retries: 2, fallbacks: [{ down: ['good'] }] },
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, {
    'good-up': 'ok',
    'recovering-up': '503,ok',
    'down-up': '500',
    'refusing-up': '400',
    'limited-up': '429(retry-after=3600)',
    'hanging-up': 'hang',
  });
});
afterAll(() => holdfast.close());

const connected = (args: readonly string[]): string[] => connectedTo(holdfast.taskQueue, args);
const run = (args: readonly string[], input = ''): Promise<Finished> => runCli(connected(args), { input });
const start = (args: readonly string[]): RunningCli => startCli(connected(args), { env: NO_TEMPORAL });
const freshId = (): string => `cli-${randomUUID()}`;

describe('call', () => {
  test('the answer is all that is on standard output; the page of the call is told beside it', async () => {
    const id = freshId();
    expect(await run(['call', 'Hello', '--model', 'good', '--id', id])).toEqual({
      code: 0,
      stdout: 'Echo: Hello\n',
      stderr: `call ${id}  http://localhost:8233/namespaces/default/workflows/${id}\n`,
    });
  });

  test('the prompt from standard input, and from a file; the name of a file is told to be one', async () => {
    expect(await run(['call', '-', '--model', 'good'], 'From a pipe')).toMatchObject({ stdout: 'Echo: From a pipe\n' });
    const read = await run(['call', '@package.json', '--model', 'good']);
    expect(read.stdout).toContain('Echo: {\n  "name": "holdfast"');
    const named = await run(['call', 'package.json', '--model', 'good']);
    expect(named).toMatchObject({
      stdout: 'Echo: package.json\n',
      stderr: expect.stringContaining('@package.json sends what'),
    });
  });

  test('--progress shows every attempt once, with what followed', async () => {
    const { code, stderr } = await run(['call', 'Hello', '--model', 'recovering', '--progress']);
    const [, ...attempts] = stderr.trim().split('\n');
    expect(attempts).toEqual([
      expect.stringMatching(/recovering #1 .*ServiceUnavailableError \(503\) after .* → retry in .*retry 1 of 2/),
      expect.stringMatching(/recovering #2 .* answered after /),
    ]);
    expect(code).toBe(0);
  });

  test('--json: the response and the report; the request from standard input, options win over it', async () => {
    const request = { model: 'hanging', messages: [{ role: 'user', content: 'From a file' }], num_retries: 5 };
    const args = ['call', '--file', '-', '--model', 'down', '--num-retries', '0', '--timeout', '60', '--json'];
    const { code, stdout } = await run(args, JSON.stringify(request));
    expect(JSON.parse(stdout)).toMatchObject({
      callId: expect.stringMatching(/^call-/),
      response: { choices: [{ message: { content: 'Echo: From a file' } }] },
      report: { group: 'good', attempts: 2, retries: 0, fallbacks: 1, ledger: { entries: [{}, {}] } },
    });
    expect(code).toBe(0);
  });

  test('--operation: another operation than chat completions; what is no text is printed as JSON', async () => {
    const [embeddings, response] = await Promise.all([
      run(['call', 'Hello', '--model', 'good', '--operation', 'embeddings']),
      run(['call', 'Hello', '--model', 'good', '--operation', 'responses']),
    ]);
    expect(JSON.parse(embeddings.stdout)).toMatchObject({ object: 'list', data: [{ object: 'embedding' }] });
    expect(response).toMatchObject({ code: 0, stdout: 'Echo: Hello\n' });
  });

  test('a call that fails ends with 1; its kind is told, as text and as JSON', async () => {
    const id = freshId();
    const args = ['call', 'Hello', '--model', 'refusing', '--id', id, '--json'];
    const { code, stdout, stderr } = await run(args);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        kind: 'BadRequestError',
        status: 400,
        message: expect.any(String),
        callId: id,
        ledger: { entries: [expect.objectContaining({ group: 'refusing', outcome: 'failed' })] },
      },
    });
    expect(stderr).toContain('holdfast: BadRequestError (400): ');
    expect(stderr).toContain(`holdfast inspect ${id}`);
    expect(stdout + stderr).not.toContain(PLANTED_KEY);
    expect(code).toBe(1);
  });

  test('a model that the workers do not know ends with 1', async () => {
    const { code, stderr } = await run(['call', 'Hello', '--model', 'nobody']);
    expect(stderr).toContain('holdfast: NotFoundError (404): model group "nobody" is not in the config');
    expect(code).toBe(1);
  });

  test('a request that is refused ends with 2, before a call is started', async () => {
    const { code, stdout, stderr } = await run(
      ['call', '--file', '-', '--json'],
      '{"model": "good", "api_key": "sk-x"}',
    );
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'BadRequestError', callId: null } });
    expect(stderr).toContain('holdfast: the request is not valid: ');
    expect(code).toBe(2);
  });

  test('an id that is taken by another request ends with 2; the same request gets its answer again', async () => {
    const id = freshId();
    const first = await run(['call', 'Hello', '--model', 'good', '--id', id]);
    const [again, other] = await Promise.all([
      run(['call', 'Hello', '--model', 'good', '--id', id]),
      run(['call', 'Another', '--model', 'good', '--id', id]),
    ]);
    expect(again).toEqual(first);
    expect(other.stderr).toContain(`holdfast: call ${id} exists with another request`);
    expect(other.code).toBe(2);
  });

  test('Ctrl-C ends the following with 130, not the call; cancel ends the call', async () => {
    const id = freshId();
    const call = start(['call', 'Hello', '--model', 'hanging', '--id', id]);
    await call.said(`call ${id}`);
    await waitFor(() => holdfast.provider.callCount('hanging-up') > 0);
    expect(await call.end('SIGINT')).toBe(130);
    expect(call.output()).toContain(`holdfast inspect ${id}`);
    expect(call.output()).toContain(`holdfast cancel ${id}`);
    expect((await holdfast.client.handle(id).describe()).state).toBe('running');

    const cancelled = await run(['cancel', id]);
    expect(cancelled.stdout).toContain(`cancel: call ${id} took it`);
    await waitFor(async () => (await holdfast.client.handle(id).describe()).state === 'cancelled');
    const again = await run(['cancel', id]);
    expect(again).toEqual({ code: 2, stdout: '', stderr: `holdfast: call ${id} is over: cancelled\n` });
  });

  test('without a worker it says so, and goes on waiting', async () => {
    const queue = `nobody-${randomUUID()}`;
    const call = startCli(
      ['call', 'Hello', '--model', 'good', '--address', inject('temporalAddress'), '--task-queue', queue],
      { env: NO_TEMPORAL },
    );
    await call.said(`holdfast: no worker polls task queue "${queue}"`);
    expect(await call.end('SIGINT')).toBe(130);
  });
});

describe('inspect and list', () => {
  test('a call that waits: why and until when; nothing but its heartbeat and history is asked', async () => {
    const detached = await run(['call', 'Which bird is this?', '--model', 'limited', '--detach']);
    const id = detached.stdout.trim();
    expect(detached.code).toBe(0);
    await waitFor(async () => (await holdfast.client.handle(id).describe()).pending?.state === 'waiting');

    const [text, json] = await Promise.all([run(['inspect', id]), run(['inspect', id, '--json'])]);
    expect(text.stdout).toMatch(/^state {4}running$/m);
    expect(text.stdout).toMatch(/^now .*group limited waits until .* \(in .*\): RateLimitError \(429\), retry 1 of 2/m);
    expect(text.stdout).toMatch(/^request +Which bird is this\?$/m);
    expect(text.stdout).toMatch(/limited +1 +\S+ .*RateLimitError \(429\) +retry in/);
    expect(JSON.parse(json.stdout)).toMatchObject({
      callId: id,
      state: 'running',
      pending: { group: 'limited', state: 'waiting', attempt: 2, why: expect.stringContaining('RateLimitError (429)') },
      ledger: { entries: [{ kind: 'RateLimitError', status: 429 }] },
      report: null,
    });

    const listed = await waitFor(async () => {
      const { stdout } = await run(['list', '--retrying', 'limited']);
      return stdout.includes(id) && stdout;
    });
    expect(listed).toMatch(/^CALL +GROUP +ATTEMPT +WAITS UNTIL +WHY$/m);
    expect(listed).toMatch(
      new RegExp(`^${id} +limited +2 +.*\\(in .*\\) +RateLimitError \\(429\\), retry 1 of 2`, 'm'),
    );
    await holdfast.client.handle(id).cancel();
  });

  test('a call that is over: its counts; a list by state', async () => {
    const [id, atOnce] = [freshId(), freshId()];
    await run(['call', 'Hello', '--model', 'down', '--id', id]);
    await run(['call', 'Hello', '--model', 'good', '--id', atOnce]);
    const { stdout } = await run(['inspect', id]);
    expect(stdout).toMatch(/^state {4}answered$/m);
    expect(await run(['inspect', id, '--answer'])).toMatchObject({ code: 0, stdout: 'Echo: Hello\n' });
    expect(stdout).toMatch(/^attempts 4 · retries 2 · fallbacks 1 · last group good \(good.*\) · tokens /m);

    const answered = async (callId: string) => {
      const { stdout: json } = await run(['list', '--state', 'answered', '--limit', '1000', '--json']);
      return (JSON.parse(json) as { callId: string }[]).find((call) => call.callId === callId);
    };
    expect(await waitFor(() => answered(atOnce))).toMatchObject({ attempts: 1, fallbacks: 0 });
    const few = await run(['list', '--limit', '1']);
    expect(few.stderr).toMatch(/^holdfast: there are \d+ more: see --limit\n$/);
    expect(await waitFor(() => answered(id))).toMatchObject({
      state: 'answered',
      servedGroup: 'good',
      attempts: 4,
      fallbacks: 1,
      pending: null,
    });
  });

  test('a group without retries: nothing to list', async () => {
    const { code, stdout } = await run(['list', '--retrying', 'nobody']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'no call is being retried in group nobody\n' });
  });

  test('an id that is no call ends with 2', async () => {
    const [inspected, cancelled] = await Promise.all([run(['inspect', 'nothing']), run(['cancel', 'nothing'])]);
    for (const { code, stdout, stderr } of [inspected, cancelled]) {
      expect(stderr).toContain('holdfast: there is no call nothing in namespace "default"');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    }
  });

  test.each([[['list']], [['inspect', 'x']], [['call', 'Hello', '--model', 'good']]])(
    '%j in a namespace that does not exist ends with 3',
    async (args) => {
      const { code, stderr } = await run([...args, '--namespace', 'nowhere']);
      expect(stderr).toContain('has no namespace "nowhere"');
      expect(stderr).toContain('temporal operator namespace create --namespace nowhere');
      expect(code).toBe(3);
    },
  );
});

describe('actions on many calls', () => {
  const waiting = async () => {
    const id = freshId();
    await run(['call', 'Hello', '--model', WAITING, '--id', id, '--detach']);
    await waitFor(async () => (await holdfast.client.handle(id).describe()).pending?.state === 'waiting');
    return id;
  };
  const found = (count: number) =>
    waitFor(async () => {
      const { stdout } = await run(['list', '--retrying', WAITING, '--kind', 'RateLimitError', '--json']);
      return (JSON.parse(stdout) as unknown[]).length === count;
    });

  test('act on those that a filter finds; who refuses keeps no other from it', async () => {
    const [one, two] = [await waiting(), await waiting()];
    await found(2);
    const stuck = await waitFor(async () => {
      const { stdout } = await run(['stuck', '--json']);
      const { groups } = JSON.parse(stdout) as StuckCalls;
      return groups.find((each) => each.group === WAITING && each.calls === 2);
    });
    expect(stuck).toMatchObject({ state: 'waiting', kind: 'RateLimitError', retriesLeft: { least: 1, most: 1 } });
    const filter = ['--retrying', WAITING, '--kind', 'RateLimitError', '--why', 'an outage'];
    const unasked = await run(['pause', ...filter]);
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('pause 2 calls? Say --yes') });

    await run(['pause', one, '--why', 'an outage']);
    const paused = await run(['pause', ...filter, '--yes', '--ramp', '100/s', '--by', 'anna']);
    expect(paused).toMatchObject({ code: 1, stdout: 'pause: 1 call took it, 1 did not\n' });
    expect(paused.stderr).toContain(`holdfast: call ${one}: pause is not for a call that is paused`);
    expect((await run(['inspect', two])).stdout).toContain('pause by anna: an outage');

    expect(await run(['fail', ...filter, '--yes'])).toMatchObject({ code: 0, stdout: 'fail: 2 calls took it\n' });
    await waitFor(async () => (await holdfast.client.handle(two).describe()).state === 'failed');
  });

  test.each([
    ['neither ids nor a filter', ['skip', '--why', 'x'], 'name the calls by their ids, or find them'],
    ['both', ['skip', 'x', '--batch', 'b', '--why', 'x'], 'name the calls by their ids, or find them'],
    ['no reason', ['skip', 'x'], 'say --why'],
    ['an age without a unit', ['skip', '--older', '3', '--why', 'x'], 'Expected a time with its unit'],
    ['no rate', ['skip', '--older', '3s', '--ramp', '0/s', '--why', 'x'], 'Expected a number above 0 in a time'],
    ['no answer', ['answer', 'x', '--why', 'x'], "required option '--response <file>'"],
    ['nothing more', ['extend', 'x', '--why', 'x'], 'say --retries, how many more, or --seconds'],
  ])('%s: refused', async (_what, args, text) => {
    expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(text) });
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { ANSWERED_IN_FIRST_TASK } from '../../src/core/call/first-task.js';
import { callOf as runningCall } from '../driven/driving-gateway.js';
import { openForwarder, type Forwarder } from '../helpers/forwarder.js';
import { group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage, type StagedGateway } from './environment.js';

const CONFIG = {
  model_list: [...group('good'), ...group('hangs-once'), ...group('hangs-then-fails')],
  router_settings: { num_retries: 1, max_retry_delay: 0.1 },
};
const SCRIPT = { 'good-up': 'ok', 'hangs-once-up': 'hang,ok', 'hangs-then-fails-up': 'hang,500,ok' };

const QUESTION = 'Which bird is this?';

/** What only the request has that starts a call, and the one that hands it over to its activity. */
const START = 'llmCall';
const HAND_OVER = 'callModelGroup';

/**
 * Two of `holdfast serve` on one task queue. The first one, a process that takes the request, reaches the Temporal server
 * through a forwarder, and is killed; the second one is there all along.
 */
describe('a process that makes the first attempt of a call, killed', TIMED, () => {
  let stage: Stage;
  let forwarder: Forwarder;
  let first: StagedGateway;
  let second: Pick<StagedGateway, 'url'>;
  beforeAll(async () => {
    stage = await openStage(CONFIG, SCRIPT);
  });
  beforeEach(async () => {
    second = await stage.serveHere('serve');
    forwarder = await openForwarder(inject('temporalAddress'));
    first = await stage.startGateway('serve', ['--port', '0', '--address', forwarder.address]);
    // Its first call tells a process that the server gives it first tasks.
    await send(first, 'good', null);
    stage.provider.reset();
  });
  afterEach(async () => {
    await stage.clear();
    await forwarder.close();
  });
  afterAll(() => stage.close());

  const send = ({ url }: Pick<StagedGateway, 'url'>, model: string, key: string | null) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== null && { 'idempotency-key': key }) },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: QUESTION }] }),
    });

  /** Sends a request to the first process; `killed` ends that, and the request with it. */
  const begin = (model: string, key: string | null) => {
    const request = send(first, model, key).then(
      () => 'answered',
      () => 'lost',
    );
    const killed = async () => {
      await first.process.kill();
      expect(await request).toBe('lost');
    };
    return { killed };
  };
  const asked = (model: string): number => stage.provider.callCount(`${model}-up`);

  /** The answer that the second process gives, how often the provider was asked for it, and what the ledger has. */
  const outcome = async (model: string, key: string) => {
    const response = await send(second, model, key);
    const { choices } = (await response.json()) as { choices?: { message: { content: string } }[] };
    expect({ status: response.status, text: choices?.[0]?.message.content }).toEqual({
      status: 200,
      text: `Echo: ${QUESTION}`,
    });
    const callId = response.headers.get('x-litellm-call-id') ?? '';
    const { ledger, report } = await stage.client.handle(callId).inspect();
    return {
      asked: asked(model),
      ledger: ledger.entries.map(({ outcome: how }) => how),
      retries: report?.retries,
    };
  };
  const callOf = async (group: string) => {
    const callId = await runningCall(stage, group);
    return callId === null ? null : stage.client.handle(callId).describe();
  };

  test('before the server has taken the call: the next request starts it', async () => {
    const key = randomUUID();
    const held = forwarder.holdFrom(START, 'requests');
    const { killed } = begin('good', key);
    await held;
    await killed();
    expect(await callOf('good')).toBe(null);
    expect(await outcome('good', key)).toEqual({ asked: 1, ledger: ['answered'], retries: 0 });
  });

  test('without a key, before the server has taken the call: it is lost, as its client was told', async () => {
    const held = forwarder.holdFrom(START, 'requests');
    const { killed } = begin('good', null);
    await held;
    await waitFor(() => asked('good') === 1);
    await killed();
    expect(await callOf('good')).toBe(null);
  });

  test('after the server has taken the call, before the provider is asked', async () => {
    const key = randomUUID();
    const held = forwarder.holdFrom(START, 'responses');
    const { killed } = begin('good', key);
    await held;
    await waitFor(() => callOf('good'));
    expect(asked('good')).toBe(0);
    await killed();
    // Nobody can know that the attempt was not made.
    expect(await outcome('good', key)).toEqual({ asked: 1, ledger: ['lost', 'answered'], retries: 0 });
  });

  test('while the provider is asked: the lost attempt is charged to no budget', async () => {
    const key = randomUUID();
    const { killed } = begin('hangs-then-fails', key);
    await waitFor(() => asked('hangs-then-fails') === 1);
    // The list has a call some time after the server has taken it.
    expect((await waitFor(() => callOf('hangs-then-fails'))).pending).toBe(null);
    await killed();
    expect(await outcome('hangs-then-fails', key)).toEqual({
      asked: 3,
      ledger: ['lost', 'failed', 'answered'],
      retries: 1,
    });
  });

  test('after the answer of the provider, before the server has it', async () => {
    const key = randomUUID();
    const held = forwarder.holdFrom(ANSWERED_IN_FIRST_TASK, 'requests');
    const { killed } = begin('good', key);
    await held;
    await killed();
    expect(await outcome('good', key)).toEqual({ asked: 2, ledger: ['lost', 'answered'], retries: 0 });
  });

  test('after the server has the answer, before the client has it', async () => {
    const key = randomUUID();
    const held = forwarder.holdFrom(ANSWERED_IN_FIRST_TASK, 'responses');
    const { killed } = begin('good', key);
    await held;
    await waitFor(async () => (await callOf('good')) === null);
    await killed();
    expect(await outcome('good', key)).toEqual({ asked: 1, ledger: ['answered'], retries: 0 });
  });

  test('at the hand-over, before the server has it', async () => {
    const key = randomUUID();
    const held = forwarder.holdFrom(HAND_OVER, 'requests');
    const { killed } = begin('hangs-once', key);
    await held;
    expect((await waitFor(() => callOf('hangs-once'))).pending).toBe(null);
    await killed();
    expect(await outcome('hangs-once', key)).toEqual({ asked: 2, ledger: ['lost', 'answered'], retries: 0 });
  });

  test('at the hand-over, when the server has it and the process has not heard of that', async () => {
    const key = randomUUID();
    const held = forwarder.holdFrom(HAND_OVER, 'responses');
    const { killed } = begin('hangs-once', key);
    await held;
    await waitFor(async () => (await callOf('hangs-once'))?.pending ?? null);
    await killed();
    expect(await outcome('hangs-once', key)).toEqual({ asked: 2, ledger: ['lost', 'answered'], retries: 0 });
  });

  test('after the hand-over, while the attempt goes on as an activity', async () => {
    const key = randomUUID();
    const { killed } = begin('hangs-then-fails', key);
    await waitFor(async () => (await callOf('hangs-then-fails'))?.pending?.progress?.inFlight ?? null);
    await killed();
    expect(await outcome('hangs-then-fails', key)).toEqual({
      asked: 3,
      ledger: ['lost', 'failed', 'answered'],
      retries: 1,
    });
  });
});

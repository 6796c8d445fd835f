import { randomUUID } from 'node:crypto';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openForwarder, type Forwarder } from '../helpers/forwarder.js';
import { waitFor } from '../helpers/wait-for.js';
import {
  ask,
  asked,
  callIdOf,
  callOf,
  holdStarts,
  ledgerOf,
  openDriving,
  type DrivingGateway,
} from './driving-gateway.js';

/** What only the request has that starts a call. */
const START = 'llmCall';

const ON_FAILURE = { 'x-holdfast-durability': 'on-failure' };

/** A process that has calls of which the server knows nothing, yet. */
async function openHeld(): Promise<{ gateway: DrivingGateway; forwarder: Forwarder }> {
  const forwarder = await openForwarder(inject('temporalAddress'));
  onTestFinished(() => forwarder.close());
  return { gateway: await openDriving({ address: forwarder.address, drainSeconds: 0.5 }), forwarder };
}

/** A call by its id, at the gateway that has it. */
async function lookUp(gateway: DrivingGateway, callId: string) {
  const response = await gateway.fetch(`/holdfast/calls/${callId}`);
  return { status: response.status, ...((await response.json()) as { state?: string; now?: string; group?: string }) };
}

const cancel = (gateway: DrivingGateway, callId: string): Promise<Response> =>
  gateway.fetch(`/holdfast/calls/${callId}`, { method: 'DELETE' });

/** Settles when the gateway has noticed that a client went away. */
const hasNoticed = ({ logged }: DrivingGateway): Promise<boolean> =>
  waitFor(() => logged.some((line) => line.includes('"status":499')));

describe('a call without a workflow, while its first attempt is under way', () => {
  test('is found by its id, followed and cancelled', async () => {
    const gateway = await openDriving();
    const response = await ask(gateway, 'hanging', { stream: true, headers: ON_FAILURE });
    const callId = callIdOf(response);
    const events = await gateway.fetch(`/holdfast/calls/${callId}/events`);
    expect(await lookUp(gateway, callId)).toMatchObject({
      status: 200,
      state: 'running',
      group: 'hanging',
      now: 'group hanging: its first attempt is under way',
    });
    const cancelled = await cancel(gateway, callId);
    expect(cancelled.status).toBe(202);
    expect(await response.text()).toContain('was cancelled');
    await waitFor(() => gateway.provider.requestsFor('hanging-up')[0]?.abortedAt);
    // It never was a workflow: there is nothing to be found of it any more.
    expect(await lookUp(gateway, callId)).toMatchObject({ status: 404 });
    expect(await events.text()).toContain('event: now');
  });

  test.each([
    ['a plain call', {}],
    ['a stream', { stream: true }],
  ])('its client goes away, %s: the provider is let go, and no workflow is started', async (_what, more) => {
    const gateway = await openDriving();
    const client = new AbortController();
    const request = ask(gateway, 'hanging', { headers: ON_FAILURE, signal: client.signal, ...more });
    await waitFor(() => asked(gateway, 'hanging') === 1);
    client.abort();
    await expect(request.then((begun) => begun.text())).rejects.toThrow();
    await waitFor(() => gateway.provider.requestsFor('hanging-up')[0]?.abortedAt);
    expect(await callOf(gateway, 'hanging')).toBe(null);
  });
});

describe('a call whose first attempt has failed, while its workflow is being started', () => {
  test('is cancelled by its id: the server is told when it knows the call', async () => {
    const gateway = await openDriving({ drainSeconds: 0.5 });
    const starts = holdStarts();
    const response = await ask(gateway, 'fails-then-hangs', { stream: true, headers: ON_FAILURE });
    await starts.begun;
    const cancelled = cancel(gateway, callIdOf(response));
    const seen = lookUp(gateway, callIdOf(response));
    starts.release();
    expect((await cancelled).status).toBe(202);
    expect(await seen).toMatchObject({ status: 200, group: 'fails-then-hangs' });
    await expect(gateway.client.handle(callIdOf(response)).result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect(await response.text()).toContain('was cancelled');
  });

  test('its client goes away: it is cancelled when the server knows it', async () => {
    const gateway = await openDriving({ drainSeconds: 0.5 });
    const starts = holdStarts();
    const client = new AbortController();
    const request = ask(gateway, 'fails-then-hangs', { headers: ON_FAILURE, signal: client.signal });
    await starts.begun;
    client.abort();
    await expect(request).rejects.toThrow();
    await hasNoticed(gateway);
    starts.release();
    const callId = await waitFor(() => callOf(gateway, 'fails-then-hangs', 'cancelled'));
    expect((await ledgerOf(gateway, callId))[0]).toBe('failed InternalServerError');
  });

  test('its process is stopped: it goes on elsewhere', async () => {
    const gateway = await openDriving({ drainSeconds: 0.5 });
    const starts = holdStarts();
    const headers = { ...ON_FAILURE, 'x-holdfast-on-disconnect': 'detach' };
    const answer = ask(gateway, 'fails-once', { headers });
    await starts.begun;
    const stopped = gateway.stop();
    const callId = callIdOf(await answer);
    starts.release();
    await gateway.another();
    await stopped;
    await gateway.client.handle(callId).result();
    expect(await ledgerOf(gateway, callId)).toEqual(['failed InternalServerError', 'answered']);
  });
});

describe('a call that the server is being told of, with its first attempt beside that', () => {
  test('its client goes away: it is cancelled when the server knows it', async () => {
    const { gateway, forwarder } = await openHeld();
    const held = forwarder.holdFrom(START, 'responses');
    const client = new AbortController();
    const request = ask(gateway, 'hanging', { signal: client.signal });
    await held;
    client.abort();
    await expect(request).rejects.toThrow();
    await hasNoticed(gateway);
    forwarder.release();
    await waitFor(() => callOf(gateway, 'hanging', 'cancelled'));
    await waitFor(() => gateway.provider.requestsFor('hanging-up')[0]?.abortedAt);
  });

  test('its key is sent again: both get the one answer', async () => {
    const { gateway, forwarder } = await openHeld();
    const held = forwarder.holdFrom(START, 'responses');
    const headers = { ...ON_FAILURE, 'idempotency-key': randomUUID() };
    const answers = [ask(gateway, 'good', { headers })];
    await held;
    answers.push(ask(gateway, 'good', { headers }));
    forwarder.release();
    const texts = await Promise.all(answers.map(async (answer) => (await answer).text()));
    expect(new Set(texts).size).toBe(1);
    expect(asked(gateway, 'good')).toBe(1);
  });
});

test('a stream whose first attempt has failed is read from the process that goes on with it', async () => {
  const gateway = await openDriving({ activitySlots: 1 });
  // The only slot of this process is taken: another one makes the next attempt.
  const other = await gateway.client.start({ model: 'hanging', messages: [{ role: 'user', content: 'hi' }] });
  await waitFor(async () => (await other.describe()).pending?.state === 'asking');
  await gateway.another();
  const response = await ask(gateway, 'fails-then-streams', { stream: true, headers: ON_FAILURE });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    // It is held back until its beginning was seen.
    if (text.includes('One ')) gateway.provider.release();
  }
  expect(text).toContain('[DONE]');
  expect(await ledgerOf(gateway, callIdOf(response))).toEqual(['failed InternalServerError', 'answered']);
});

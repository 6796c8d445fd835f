import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startApart } from '../helpers/start-apart.js';
import { startService } from '../../src/cli/start-service.js';
import { openForwarder } from '../helpers/forwarder.js';
import { waitFor } from '../helpers/wait-for.js';
import { ask, asked, callIdOf, openDriving } from './driving-gateway.js';

test.each([
  ['with its worker', startService],
  ['apart from its worker', startApart],
] as const)('a gateway %s that stops while the Temporal server is away answers all who wait', async (_where, start) => {
  const forwarder = await openForwarder(inject('temporalAddress'));
  onTestFinished(() => forwarder.close());
  const gateway = await openDriving({ address: forwarder.address, holdMs: 60_000, start });
  // It can only end when the server is back.
  onTestFinished(() => forwarder.mend());
  const waits = ask(gateway, 'hanging');
  await waitFor(() => asked(gateway, 'hanging') === 1);
  forwarder.cut();
  const key = randomUUID();
  const starts = [
    ask(gateway, 'good'),
    ask(gateway, 'good', { stream: true }),
    ask(gateway, 'good', { headers: { 'idempotency-key': key } }),
  ];
  const looks = gateway.fetch(`/holdfast/calls/${key}`);
  await waitFor(async () => {
    const metrics = await gateway.fetch('/metrics');
    return (await metrics.text()).includes(`holdfast_requests_in_flight ${1 + starts.length}`);
  });
  const stopped = gateway.stop();
  for (const response of await Promise.all([waits, ...starts])) {
    const text = await response.text();
    expect({ status: response.status, text }).toMatchObject({ status: 503, text: expect.stringContaining('call') });
    expect(callIdOf(response)).not.toBe('');
    expect(text).toContain(callIdOf(response));
  }
  expect((await looks).status).toBe(503);
  forwarder.mend();
  await stopped;
});

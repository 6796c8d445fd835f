import { setImmediate } from 'node:timers/promises';
import { CancelledFailure, ActivityCancellationDetails } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { InterruptedError, type CallProvider } from '../../src/providers/call-provider.js';
import { waitFor } from '../helpers/wait-for.js';
import { ANSWER, CALL_ID, never, run, thrownBy } from './run-attempt.js';

describe('an attempt that is stopped from outside is charged to nothing', () => {
  /** One whose provider was asked, and does not answer. */
  const hanging = async (set: Partial<Parameters<typeof run>[0]> = {}) => {
    let isAsked = false;
    const answer: CallProvider = ({ interrupt }) =>
      new Promise((_resolve, reject) => {
        interrupt.addEventListener('abort', () => reject(interrupt.reason as Error));
        isAsked = true;
      });
    const attempt = run({ ...set, answer });
    await waitFor(() => isAsked);
    return attempt;
  };
  const cancelled = (its: Partial<ActivityCancellationDetails>) =>
    Object.assign(new ActivityCancellationDetails(), its);

  test('by a worker that stops: another one goes on at once', async () => {
    const controller = new AbortController();
    const { output, beats } = await hanging({ drained: controller.signal });
    controller.abort();
    expect(await thrownBy(output)).toMatchObject({ type: 'WorkerShutdown', nonRetryable: false, nextRetryDelay: 1 });
    expect(beats).toMatchObject([
      { ended: 1, retries: 0, failures: {}, ledger: { entries: [{ outcome: 'interrupted' }] } },
    ]);
  });

  test('what the provider had charged by then is in the ledger', async () => {
    const controller = new AbortController();
    const tokens = { prompt: 7, completion: 2, total: 9 };
    const charges: CallProvider = async () => {
      controller.abort();
      throw new InterruptedError('stopped', tokens);
    };
    const { output, beats } = run({ answer: charges, drained: controller.signal });
    await thrownBy(output);
    expect(beats).toMatchObject([{ ledger: { entries: [{ outcome: 'interrupted', tokens }] } }]);
  });

  test('by a cancellation: its ledger goes with the word of it', async () => {
    const { output, environment } = await hanging();
    environment.cancel('CANCELLED', cancelled({ cancelRequested: true }));
    const error = await output.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CancelledFailure);
    expect((error as CancelledFailure).details).toMatchObject([{ ledger: { entries: [{ outcome: 'interrupted' }] } }]);
  });

  test('by a gateway in its process: the request ends without a heartbeat, the attempt when Temporal tells of it', async () => {
    const steps: string[] = [];
    const asks: CallProvider = ({ interrupt }) =>
      new Promise((_resolve, reject) => {
        steps.push('request begins');
        interrupt.addEventListener('abort', () => {
          steps.push('request ends');
          reject(new InterruptedError(interrupt.reason, null));
        });
      });
    const { output, environment, running, beats } = run({ answer: asks });
    const ended = output.catch((reason: unknown) => {
      steps.push('attempt ends');
      return reason;
    });
    await waitFor(() => steps.length > 0);
    await running.cancel(CALL_ID, async () => {});
    await setImmediate();
    expect(steps).toEqual(['request begins', 'request ends']);
    expect(beats).toEqual([]);
    environment.cancel('CANCELLED', cancelled({ cancelRequested: true }));
    expect(await ended).toMatchObject({ details: [{ ended: 1, ledger: { entries: [{ outcome: 'interrupted' }] } }] });
    expect(steps).toEqual(['request begins', 'request ends', 'attempt ends']);
  });

  test('by an operator’s reset: no attempt is taken for lost', async () => {
    const { output, environment, beats } = await hanging();
    environment.cancel('CANCELLED', cancelled({ reset: true }));
    await expect(output).rejects.toBeInstanceOf(CancelledFailure);
    await waitFor(() => beats.length > 0);
    expect(beats).toMatchObject([{ ended: 1, lost: 0, ledger: { entries: [{ outcome: 'interrupted' }] } }]);
  });

  test('by a pause in its line: the ledger stays in the heartbeat', async () => {
    const { output, environment, beats } = run({ answer: never });
    environment.cancel('PAUSED', cancelled({ paused: true }));
    await expect(output).rejects.toBeInstanceOf(CancelledFailure);
    await waitFor(() => beats.length > 0);
    expect(beats).toMatchObject([{ ended: 1, attempts: 0, ledger: { entries: [{ outcome: 'note' }] } }]);
  });

  test('not by a pause when the provider was asked: it is finished', async () => {
    let answer: (() => void) | null = null;
    const { output, environment } = run({
      answer: () =>
        new Promise((resolve) => {
          answer = () => resolve(ANSWER);
        }),
    });
    await waitFor(() => answer !== null);
    environment.cancel('PAUSED', cancelled({ paused: true }));
    answer!();
    expect(await output).toMatchObject({ response: ANSWER.response });
  });
});

import { CancellationScope, startChild, workflowInfo } from '@temporalio/workflow';
import { isoTime } from '../core/common/iso-time.js';
import type { WebhookDelivery, WebhookEvent, WebhookTargets } from '../core/plan/webhooks.js';

/**
 * Tells webhooks what happens to a workflow. Each message is a workflow of its own, which outlives this one: nobody waits until
 * it has arrived.
 */
export class Webhooks {
  private readonly starts: Promise<unknown>[] = [];
  private told = 0;

  /** @param data - goes into the message: no prompt, no answer, no secret */
  tell(targets: WebhookTargets | undefined, event: WebhookEvent, data: Readonly<Record<string, unknown>>): void {
    const names = targets?.[event] ?? [];
    if (names.length === 0) return;
    this.told += 1;
    const { runId, workflowId } = workflowInfo();
    const id = `evt_${runId}-${this.told}`;
    const body = JSON.stringify({ type: event, timestamp: isoTime(Date.now()), data });
    for (const name of names) {
      const delivery: WebhookDelivery = { name, id, body };
      const start = CancellationScope.nonCancellable(() =>
        startChild('deliverWebhook', {
          workflowId: `webhook-${id}-${name}`,
          args: [delivery],
          parentClosePolicy: 'ABANDON',
          staticSummary: `${event} of ${workflowId} to ${name}`,
        }),
      );
      this.starts.push(start);
    }
  }

  /** Before a workflow ends, what it told has been begun: then the server sees to it. */
  async begun(): Promise<void> {
    if (this.starts.length > 0) await CancellationScope.nonCancellable(() => Promise.allSettled(this.starts));
  }
}

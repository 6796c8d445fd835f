import { sleep } from '@temporalio/workflow';
import type { BatchStatus } from '../../core/batch/batch.js';
import { commandOf } from '../job-order.js';
import { publishBatch, showBatch } from '../visibility.js';
import type { BatchInbox } from './batch-inbox.js';

/** The list of workflows shows the figures of a batch at most this late. */
const PUBLISH_EVERY_MS = 30_000;

/** Shows a batch in the Temporal UI: on its page at once, in the list of workflows a little later, which costs events. */
export class BatchDisplay {
  private readonly status: () => BatchStatus;
  /** Where it says that the time has come; null: a batch that began before that was there. */
  private readonly inbox: Pick<BatchInbox<() => void>, 'put'> | null;
  private publishedMs = 0;
  private published = '';
  private isDue = false;

  constructor(status: () => BatchStatus, inbox: Pick<BatchInbox<() => void>, 'put'> | null) {
    this.status = status;
    this.inbox = inbox;
  }

  /** Something may have changed. */
  show(): void {
    const status = this.status();
    showBatch(status);
    if (this.isDue || figures(status) === this.published) return;
    const leftMs = this.publishedMs + PUBLISH_EVERY_MS - Date.now();
    // The time at which something came depends on the workflow task that brought it.
    const isNow = this.inbox === null ? leftMs <= 0 : this.publishedMs === 0;
    if (isNow) this.publish();
    else this.publishIn(Math.max(1, leftMs));
  }

  /** Shows everything at once; in the list once the rows are counted. */
  publish(): void {
    const status = this.status();
    showBatch(status);
    if (status.rows === null || figures(status) === this.published) return;
    this.publishedMs = Date.now();
    this.published = figures(status);
    publishBatch(status.rows, status.counts);
  }

  /** Nothing else may happen for long: a batch that is paused, or waits for its provider, is not woken. */
  private publishIn(ms: number): void {
    this.isDue = true;
    const publish = (): void => {
      this.isDue = false;
      this.publish();
    };
    const { given, command } = commandOf(() => sleep(ms));
    given.then(
      () => (this.inbox === null ? publish() : this.inbox.put(publish, command?.ended)),
      // The batch is cancelled, and is published at its end.
      () => undefined,
    );
  }
}

function figures({ rows, counts: { answered, failed } }: BatchStatus): string {
  return [rows, answered, failed].join();
}

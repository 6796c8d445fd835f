import type { BatchStatus } from '../../core/batch/batch.js';
import { oneLine } from '../printable.js';
import { localTime } from '../times.js';
import { News } from './news.js';
import { Rate } from './rate.js';
import { doneRows } from '../../core/batch/batch-text.js';
import { progressText } from './status-text.js';
import type { BatchView } from './batch-view.js';

export const LINE_EVERY_MS = 5_000;

/** Plain lines: one every few seconds, and at each change. */
export class LineView implements BatchView {
  private readonly news = new News();
  private readonly rate = new Rate();
  private lastMs = Date.now();

  show(status: BatchStatus): void {
    const nowMs = Date.now();
    this.rate.add(doneRows(status), nowMs);
    for (const line of this.news.of(status)) this.say(line);
    if (status.state !== 'running' || nowMs - this.lastMs < LINE_EVERY_MS) return;
    this.lastMs = nowMs;
    this.say(progressText(status, this.rate.perSecond));
  }

  say(line: string): void {
    console.error(`${localTime(new Date())}  ${oneLine(line)}`);
  }

  end(): void {}
}

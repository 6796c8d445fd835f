import type { BatchStatus } from '../../core/batch/batch.js';
import { jsonLine } from '../../core/common/json-line.js';
import { LINE_EVERY_MS } from './line-view.js';
import { News } from './news.js';
import type { BatchView } from './batch-view.js';
import { isOver } from '../../client/batch-status.js';

/** A line of JSON on standard output every few seconds, at each change, and at the end. */
export class JsonView implements BatchView {
  private readonly news = new News();
  private lastMs = 0;

  show(status: BatchStatus): void {
    const nowMs = Date.now();
    const isNews = this.news.of(status).length > 0 || isOver(status.state);
    if (!isNews && nowMs - this.lastMs < LINE_EVERY_MS) return;
    this.lastMs = nowMs;
    console.log(jsonLine(statusJson(status)));
  }

  say(line: string): void {
    console.error(line);
  }

  end(): void {}
}

/** A status as programs get it: without what only adds up its figures. */
export function statusJson({ chunks: _chunks, ...status }: BatchStatus): Omit<BatchStatus, 'chunks'> {
  return status;
}

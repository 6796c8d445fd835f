import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import type { BatchStatus } from '../../core/batch/batch.js';
import { doneRows } from '../../core/batch/batch-text.js';
import { oneLine } from '../printable.js';
import type { BatchView } from './batch-view.js';
import { News } from './news.js';
import { Rate } from './rate.js';
import { progressText } from './status-text.js';

/** The figures come first: the bar has what they leave of the line. */
const FIGURES_LENGTH = 85;
const [LEAST_BAR, MOST_BAR] = [8, 40];

/** A bar with the figures beside it, and lines above it at each change. */
export class BarView implements BatchView {
  private readonly news = new News();
  private readonly rate = new Rate();
  private readonly output: WriteStream;
  private readonly live: ReturnType<typeof createLogUpdate>;

  constructor(output: WriteStream) {
    this.output = output;
    this.live = createLogUpdate(output);
  }

  show(status: BatchStatus): void {
    const done = doneRows(status);
    this.rate.add(done, Date.now());
    for (const line of this.news.of(status)) this.say(line);
    const bar = this.bar(done, status.rows ?? 0);
    const columns = this.output.columns - bar.length - 1;
    this.live(`${bar} ${oneLine(progressText(status, this.rate.perSecond, columns))}`);
  }

  say(line: string): void {
    this.live.persist(oneLine(line));
  }

  end(): void {
    this.live.clear();
    this.live.done();
  }

  private bar(done: number, rows: number): string {
    const length = Math.min(MOST_BAR, Math.max(LEAST_BAR, this.output.columns - FIGURES_LENGTH));
    const full = rows === 0 ? 0 : Math.floor((length * Math.min(done, rows)) / rows);
    return '█'.repeat(full) + '░'.repeat(length - full);
  }
}

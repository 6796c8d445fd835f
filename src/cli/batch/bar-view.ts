import type { WriteStream } from 'node:tty';
import cliProgress, { type MultiBar, type SingleBar } from 'cli-progress';
import type { BatchStatus } from '../../core/batch/batch.js';
import { oneLine } from '../printable.js';
import { News } from './news.js';
import { Rate } from './rate.js';
import { doneRows } from '../../core/batch/batch-text.js';
import { progressText } from './status-text.js';
import type { BatchView } from './batch-view.js';

/** The figures come first: the bar has what they leave of the line. */
const FIGURES_LENGTH = 85;
const [LEAST_BAR, MOST_BAR] = [8, 40];
/** Some terminals do not tell their width, and say 0. */
const DEFAULT_COLUMNS = 80;

/** A bar with the figures beside it, and lines above it at each change. */
export class BarView implements BatchView {
  private readonly news = new News();
  private readonly rate = new Rate();
  private readonly bars: MultiBar;
  private bar: SingleBar | null = null;

  constructor(output: WriteStream) {
    this.bars = new cliProgress.MultiBar(
      {
        stream: output,
        format: '{bar} {figures}',
        barsize: Math.min(MOST_BAR, Math.max(LEAST_BAR, (output.columns || DEFAULT_COLUMNS) - FIGURES_LENGTH)),
        hideCursor: true,
        clearOnComplete: true,
        emptyOnZero: true,
        // Signals end the following, which ends the bar.
        gracefulExit: false,
      },
      cliProgress.Presets.shades_classic,
    );
  }

  show(status: BatchStatus): void {
    const done = doneRows(status);
    this.rate.add(done, Date.now());
    for (const line of this.news.of(status)) this.say(line);
    const figures = oneLine(progressText(status, this.rate.perSecond));
    this.bar ??= this.bars.create(0, 0, { figures });
    this.bar.setTotal(status.rows ?? 0);
    this.bar.update(done, { figures });
  }

  say(line: string): void {
    if (this.bar === null) process.stderr.write(`${oneLine(line)}\n`);
    else this.bars.log(`${oneLine(line)}\n`);
  }

  end(): void {
    this.bars.update();
    this.bars.stop();
  }
}

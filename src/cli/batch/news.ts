import type { BatchStatus } from '../../core/batch/batch.js';
import { isOver } from '../../client/batch-status.js';
import { stateText } from './status-text.js';

/** Tells what a batch does, each time that is something else. */
export class News {
  private reported = '';

  /** Empty: as before. How a batch ended is told by others. */
  of(status: BatchStatus): string[] {
    const lines = stateText(status);
    const text = lines.join('\n');
    if (text === this.reported || isOver(status.state)) return [];
    this.reported = text;
    return lines;
  }
}

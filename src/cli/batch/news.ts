import type { BatchStatus } from '../../core/batch/batch.js';
import { isOver } from '../../client/batch-status.js';
import { stateText } from './status-text.js';

/** Tells what a batch does, each time that is something else. */
export class News {
  private told = '';

  /** Empty: as before. How a batch ended is told by others. */
  of(status: BatchStatus): string[] {
    const lines = stateText(status);
    const text = lines.join('\n');
    if (text === this.told || isOver(status.state)) return [];
    this.told = text;
    return lines;
  }
}

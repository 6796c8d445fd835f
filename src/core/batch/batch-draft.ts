import type { BatchCommand } from './batch-events.js';
import type { BatchProgress, SingleWork } from './batch-progress.js';

/** Commands that are being decided on, and the batch as they make it. */
export class BatchDraft {
  progress: BatchProgress;
  readonly commands: BatchCommand[] = [];
  private room: number;
  /** Whether a command was left out for want of room. */
  private isCut = false;

  constructor(progress: BatchProgress, room: number) {
    this.progress = progress;
    this.room = room;
  }

  /** Gives a command, if there is room; `become` is the batch then. */
  give(command: BatchCommand, become: Partial<BatchProgress>): boolean {
    if (this.room <= 0) {
      this.isCut = true;
      return false;
    }
    this.room -= 1;
    this.commands.push(command);
    this.progress = { ...this.progress, ...become };
    return true;
  }

  /** Gives the command that begins, or stops, work of which there is one at a time. */
  work(command: BatchCommand, work: SingleWork, state: 'running' | 'stopping' = 'running'): boolean {
    return this.give(command, { works: { ...this.progress.works, [work]: state } });
  }

  /** Asks for what lets the batch go on when nothing else comes; there is always room for that. */
  close(): void {
    const { phase, isNextTaskSet, isTimerSet, delays } = this.progress;
    if (this.isCut && !isNextTaskSet) {
      this.commands.push({ type: 'next task' });
      this.progress = { ...this.progress, isNextTaskSet: true };
    }
    const waits = Object.values(delays);
    const isEnding = phase === 'continuing as new' || phase === 'over';
    if (waits.length > 0 && !isTimerSet && !isEnding) {
      this.commands.push({ type: 'wait', ms: Math.min(...waits) });
      this.progress = { ...this.progress, isTimerSet: true };
    }
  }
}

import type { BatchStatus } from '../../core/batch/batch.js';

/** How a batch is shown that is followed. Everything but JSON goes to standard error. */
export interface BatchView {
  show(status: BatchStatus): void;
  /** A line that stays. */
  say(line: string): void;
  /** Nothing more is shown. */
  end(): void;
}

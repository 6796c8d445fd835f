import type { GroupProgress } from '../retries/progress.js';

/** What the running group of a call had told when the call was cancelled. */
export interface LastProgress extends GroupProgress {
  /** It waits, and no attempt begins while the call ends. @default an attempt may be under way; told by workers of before, too */
  readonly isIdle?: true;
}

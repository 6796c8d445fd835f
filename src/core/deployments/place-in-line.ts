/** The place of a call that has gone away until its turn in a line; it is known by every worker that the call comes back to. */
export interface PlaceInLine {
  /** The deployment, or the key, whose limits it waits for. */
  readonly line: string;
  /** Whom it is to ask then. */
  readonly deployment: string;
  /** When it came to the line, ms since the epoch: those that came later are behind it. */
  readonly sinceMs: number;
  /** When its turn comes. */
  readonly dueMs: number;
}

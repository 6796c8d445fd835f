import type { ExpectedTokens } from './expected-tokens.js';

/** Who waits in a line. */
export interface Waiter {
  /** Whose request it is: those who wait are served in turn, a key or a batch at a time. */
  readonly flow: string;
  /** Lower ones are served first. */
  readonly priority: number;
  /** Its place within its flow: when it came, ms since the epoch. No two of a line have the same, see `newPlace`. */
  readonly sinceMs: number;
  /** When it no longer wants a turn, ms since the epoch; null: it always does. */
  readonly deadlineMs: number | null;
  /** What it will take of a limit of tokens. @default nothing */
  readonly tokens?: ExpectedTokens | undefined;
}

/** The place of one who is away, and when it comes back. */
interface Booking {
  readonly sinceMs: number;
  readonly dueMs: number;
}

/** Those of a key or a batch who wait in a line, of one priority. */
export interface Flow {
  readonly priority: number;
  /** Those who stay until their turn comes, by their places. */
  readonly standing: Waiter[];
  /** Those who are away until their turn comes, by their places. */
  booked: Booking[];
  /** How often it was served, in rounds of all flows. */
  served: number;
  /** How many of its calls have begun, since it came. */
  begun: number;
}

export const NEW_FLOW: Flow = { priority: 0, standing: [], booked: [], served: 0, begun: 0 };

/** A key or a batch may have calls of several priorities. */
export function flowKey(flow: string, priority: number): string {
  return `${priority} ${flow}`;
}

export function standingIn({ standing }: Flow): number {
  return standing.length;
}

export function waitingIn({ standing, booked }: Flow): number {
  return standing.length + booked.length;
}

/** Whether one has its turn first. */
export function isBefore(one: Flow, other: Flow): boolean {
  return one.priority === other.priority ? one.served < other.served : one.priority < other.priority;
}

/** How many came before. */
export function placeIn(waiting: readonly { readonly sinceMs: number }[], sinceMs: number): number {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = waiting[middle];
    if (other !== undefined && other.sinceMs < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

import type { ProviderEvent } from '../core/call/stream-part.js';

/** Keeps track of what a reader got, and makes the events that are missing out of the whole answer. */
export interface RestOfAnswer {
  /** The reader got this event. */
  add(event: ProviderEvent): void;
  /**
   * The events that complete the answer, at least one; before the first event, that is all of it.
   * @param showsUsage - whether the reader asked for the tokens
   * @returns null when what the reader got is not the beginning of this answer
   */
  rest(answer: unknown, showsUsage: boolean): ProviderEvent[] | null;
}

import type { Clock } from '../clock.js';
import type { AttemptInFlight } from './attempt-in-flight.js';

/** So many first activities in a row came to the worker that had the first workflow task: so will the next one. */
const PROOF = 20;

/** So long an activity may be on its way: by then its workflow task is answered, or has timed out. */
const PATIENCE_MS = 10_000;

/** An activity that should come, and the attempt that is to go on in it. */
interface Expected {
  readonly attempt: AttemptInFlight | null;
  /** Ends its time. */
  readonly over: AbortController;
}

/**
 * The first activities of calls whose first workflow tasks this worker had, as long as they are on their way. A server with
 * `system.enableActivityEagerExecution` gives them to this worker; any other to one of the task queue's workers. An attempt
 * that cannot go on here would be lost, so it counts how many came.
 */
export class HandOvers {
  readonly #expected = new Map<string, Expected>();
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #proof: number;
  #inARow = 0;

  /** @param proof - so many in a row prove that they come. @default 20 */
  constructor(clock: Pick<Clock, 'sleep'>, proof: number = PROOF) {
    this.#clock = clock;
    this.#proof = proof;
  }

  /** Whether the activity of a call whose first workflow task is here comes here, too. */
  get areSure(): boolean {
    return this.#inARow >= this.#proof;
  }

  /** The activity of a run is about to be scheduled. An attempt that nobody goes on with is stopped. */
  expect(runId: string, attempt: AttemptInFlight | null): void {
    this.#forget(runId);
    const over = new AbortController();
    this.#expected.set(runId, { attempt, over });
    const miss = (): void => {
      this.#forget(runId)?.stop({ notFound: true });
      this.#inARow = 0;
    };
    this.#clock.sleep(PATIENCE_MS, { ref: false, signal: over.signal }).then(miss, () => undefined);
  }

  /** The attempt that waits for the activity of a run; null: there is none. */
  waiting(runId: string): AttemptInFlight | null {
    return this.#expected.get(runId)?.attempt ?? null;
  }

  /** The activity of a run has come. Returns the attempt that goes on in it; null: it makes one of its own. */
  take(runId: string): AttemptInFlight | null {
    if (this.#expected.has(runId)) this.#inARow += 1;
    return this.#forget(runId);
  }

  #forget(runId: string): AttemptInFlight | null {
    const expected = this.#expected.get(runId);
    if (expected === undefined) return null;
    expected.over.abort();
    this.#expected.delete(runId);
    return expected.attempt;
  }
}

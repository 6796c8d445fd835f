/**
 * Those who wait are served in rounds: in each, a flow has a turn. One that comes newly has as many as there are workers, for its
 * first calls: a few may all have come to this worker, and its part of the limit is that of all workers.
 */
const NEW_CALLS = 10;

/** How far a flow is. */
export interface Served {
  /** How many of its calls have begun, since it came. */
  readonly begun: number;
}

/** Whether a flow is still new after so many more of its calls. */
export function isNewAfter({ begun }: Served, calls: number): boolean {
  return begun + calls < NEW_CALLS;
}

/** How many rounds it takes until so many of a flow's calls have begun. */
export function roundsFor({ begun }: Served, calls: number, workers: number): number {
  const asNew = Math.min(calls, Math.max(0, NEW_CALLS - begun));
  return asNew / workers + calls - asNew;
}

/** How many of a flow's calls begin in so many rounds. */
export function callsIn({ begun }: Served, rounds: number, workers: number): number {
  const asNew = Math.max(0, NEW_CALLS - begun);
  return Math.floor(Math.min(rounds * workers, asNew) + Math.max(0, rounds - asNew / workers));
}

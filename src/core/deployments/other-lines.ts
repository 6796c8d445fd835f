/** The lines of other workers, as they were a while ago. */
export interface OtherLines {
  readonly count: number;
  /** How many waited in these. */
  readonly waiting: number;
  /** And how many in this worker's own: calls come to all of them evenly, in the long run. */
  readonly besideOwn: number;
}

/** With so many in a line it is known how the lines of others grow beside it: before, as it does itself. */
const KNOWN_FROM = 10;

/** Of so many as that they are counted: who is told too early comes once more, who is told too late has lost its turn. */
const GROWS = 0.75;

/** Where this worker's line has grown by more than that since others told of theirs, calls may have come to this one alone. */
const GROWN_BY = 0.25;
const GROWN_FROM = 10;

/** Whether it is known how many wait in other lines, where so many do in this worker's own. */
export function areKnown(others: OtherLines, own: number): boolean {
  return others.count === 0 || own <= knownFor(others);
}

function knownFor({ besideOwn }: OtherLines): number {
  return besideOwn * (1 + GROWN_BY) + GROWN_FROM;
}

/**
 * How many of the others' have their turns before one who has so many of this worker's ahead: shares follow how many wait.
 * Their lines have grown since as this one has, or less where they are shorter.
 */
function othersAhead(others: OtherLines, ahead: number): number {
  const { count, waiting, besideOwn } = others;
  const least = Math.max(1, besideOwn);
  if (ahead < least) return (ahead * waiting) / least;
  const perOwn = Math.min(count, (waiting + count * KNOWN_FROM) / (besideOwn + KNOWN_FROM));
  return waiting + GROWS * perOwn * (ahead - besideOwn);
}

/** So many of this worker's calls, and those of others that have their turns before the next one. */
export function withOthers(own: number, others: OtherLines | undefined): number {
  return own + (others === undefined ? 0 : othersAhead(others, own));
}

/** This worker and the others. */
export function workersAmong(others: OtherLines | undefined): number {
  return 1 + (others?.count ?? 0);
}

import leven from 'leven';

/** Longer names are no misspelling of anything, and beyond so many candidates the search is not worth its time. */
const MAX_LENGTH = 80;
const MAX_CANDIDATES = 1000;

/** The candidate nearest to a name, at most so many edits away; capitals and `-` for `_` count as no edit. */
export function nearest(name: string, candidates: Iterable<string>, maxEdits: (candidate: string) => number) {
  if (name.length > MAX_LENGTH) return null;
  let best: { candidate: string; edits: number } | null = null;
  let left = MAX_CANDIDATES;
  for (const candidate of candidates) {
    if (left-- === 0) break;
    const limit = Math.min(maxEdits(candidate), best === null ? Infinity : best.edits - 1);
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const edits = leven(plain(name), plain(candidate));
    if (edits <= limit) best = { candidate, edits };
  }
  return best?.candidate ?? null;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** Names in order of how near they are to one: those that have it, or that it has, before those that are a few edits away. */
export function closestFirst(name: string, names: readonly string[]): string[] {
  if (name.length > MAX_LENGTH || names.length > MAX_CANDIDATES) return [...names];
  const wanted = plain(name);
  const near = names.map((candidate) => {
    const text = plain(candidate);
    const isPart = wanted !== '' && (text.includes(wanted) || wanted.includes(text));
    return { candidate, edits: leven(wanted, text) - (isPart ? MAX_LENGTH : 0) };
  });
  return near.toSorted((a, b) => a.edits - b.edits).map(({ candidate }) => candidate);
}

/** How many edits lie between a name and what was meant; in a short name, two make another word of it. */
export function editsOfTypo(name: string): number {
  return Math.min(2, Math.floor(name.length / 2));
}

/** `Did you mean num_retries?`, or nothing when no candidate is near enough to be meant. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const candidate = nearest(name, candidates, () => editsOfTypo(name));
  return candidate === null ? '' : ` Did you mean ${candidate}?`;
}

/** Pieces as one. What is one already is not copied: between two collections of garbage copies of megabytes add up. */
export function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

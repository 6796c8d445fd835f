/** The command line, or a file it names, cannot be used: what is wrong and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

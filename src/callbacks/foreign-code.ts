/** What a thrown value says. It may be anything, and may itself throw when it is looked at. */
export function describeError(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'an error that cannot be shown';
  }
}

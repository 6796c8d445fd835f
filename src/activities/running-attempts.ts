/**
 * The attempts under way in this process, by call. Temporal tells an attempt of a cancellation in the answer to its next
 * heartbeat, seconds later; a gateway in the same process ends the request to the provider at once.
 */
export class RunningAttempts {
  readonly #attempts = new Map<string, Set<AbortController>>();

  /** An attempt begins. Its signal fires when its call was cancelled from this process. */
  begin(callId: string): { readonly signal: AbortSignal; readonly end: () => void } {
    const attempt = new AbortController();
    const ofCall = this.#attempts.get(callId) ?? new Set();
    this.#attempts.set(callId, ofCall.add(attempt));
    const end = () => {
      ofCall.delete(attempt);
      if (ofCall.size === 0) this.#attempts.delete(callId);
    };
    return { signal: attempt.signal, end };
  }

  callIds(): readonly string[] {
    return [...this.#attempts.keys()];
  }

  /**
   * Cancels a call, then aborts those of its attempts that were under way before: a run that begins meanwhile is not
   * the one that was cancelled, and nobody would tell its attempts more.
   * @param cancel - asks Temporal; when it fails, so does this, and nothing is aborted
   */
  async cancel(callId: string, cancel: () => Promise<void>): Promise<void> {
    const attempts = [...(this.#attempts.get(callId) ?? [])];
    await cancel();
    for (const attempt of attempts) attempt.abort();
  }
}

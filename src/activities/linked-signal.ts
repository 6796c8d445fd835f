/** A signal that fires with others, until it is unlinked. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  readonly unlink: () => void;
}

/**
 * Links a signal to others, with the reason of the one that fires first. `AbortSignal.any` leaves something with each of
 * them for as long as they live (Node 20), which for a signal of the worker is for ever.
 */
export function linkSignals(...sources: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController();
  const unlinks = sources.map((source) => {
    const fire = () => controller.abort(source.reason);
    if (source.aborted) fire();
    else source.addEventListener('abort', fire, { once: true });
    return () => source.removeEventListener('abort', fire);
  });
  return { signal: controller.signal, unlink: () => unlinks.forEach((unlink) => unlink()) };
}

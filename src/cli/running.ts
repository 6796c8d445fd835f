/** Something that runs until it is stopped. */
export interface Running {
  /** Settles when it has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Takes no more work and lets what is under way end for the drain; called again, skips the rest of the drain. */
  stop(): void;
  /** The ids of the calls it works on in this process. */
  callIds(): readonly string[];
}

/**
 * Two as one. The first one drains while the second still works for it, and then the second one stops. When either ends
 * by itself, so does the other.
 */
export function oneAfterTheOther(first: Running, second: Running): Running {
  const both = [first.stopped, second.stopped];
  let isStopping = false;
  const stop = () => {
    first.stop();
    // Asked again, neither waits.
    if (isStopping) second.stop();
    isStopping = true;
  };
  const run = async () => {
    await Promise.race(both).catch(() => undefined);
    first.stop();
    second.stop();
    await Promise.allSettled(both);
    await Promise.all(both);
  };
  const callIds = () => [...new Set([...first.callIds(), ...second.callIds()])];
  return { stopped: run(), stop, callIds };
}

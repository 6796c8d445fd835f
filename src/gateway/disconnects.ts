import type { ServerResponse } from 'node:http';

/** Why the gateway stopped waiting for a call before its end: the client went away, or the gateway itself does. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
  readonly of: 'client' | 'gateway';

  constructor(of: Disconnected['of']) {
    super(`the ${of} goes away`);
    this.of = of;
  }
}

/** Ends waits when those who wait, or wait on, go away. */
export class Disconnects {
  readonly #waits = new Set<AbortController>();

  /** A signal that fires with a Disconnected before the response was sent, or never. */
  signalFor(response: ServerResponse): AbortSignal {
    const wait = new AbortController();
    this.#waits.add(wait);
    response.once('close', () => {
      this.#waits.delete(wait);
      if (!response.writableFinished) wait.abort(new Disconnected('client'));
    });
    if (response.destroyed) wait.abort(new Disconnected('client'));
    return wait.signal;
  }

  /** The gateway stops: nothing is waited for any longer. */
  ofGateway(): void {
    for (const wait of this.#waits) wait.abort(new Disconnected('gateway'));
  }
}

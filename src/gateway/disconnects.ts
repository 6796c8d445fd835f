import { setMaxListeners } from 'node:events';
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
  readonly #waits = new Map<AbortController, string>();
  readonly #gateway = new AbortController();

  constructor() {
    // Each start of a call listens, which is no leak.
    setMaxListeners(0, this.#gateway.signal);
  }

  /** Fires with a Disconnected when nothing is waited for any longer, also what has no call yet. */
  get gatewayLeaves(): AbortSignal {
    return this.#gateway.signal;
  }

  /**
   * A signal that fires with a Disconnected before the response was sent, or never.
   * @param callId - of the call that is waited for
   */
  signalFor(response: ServerResponse, callId: string): AbortSignal {
    const wait = new AbortController();
    this.#waits.set(wait, callId);
    response.once('close', () => {
      this.#waits.delete(wait);
      if (!response.writableFinished) wait.abort(new Disconnected('client'));
    });
    if (response.destroyed) wait.abort(new Disconnected('client'));
    return wait.signal;
  }

  /** The calls that are waited for. */
  callIds(): readonly string[] {
    return [...new Set(this.#waits.values())];
  }

  /** The gateway stops: nothing is waited for any longer. */
  ofGateway(): void {
    const left = new Disconnected('gateway');
    this.#gateway.abort(left);
    for (const wait of this.#waits.keys()) wait.abort(left);
  }
}

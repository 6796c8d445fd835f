import { requestHash } from '../client/request-hash.js';
import type { RawRequest } from '../core/plan/request.js';
import type { IncomingCall } from './incoming-call.js';

/** OpenAI's clients wait up to 8 s before a retry, the first ones less than 1 s. */
const GRACE_MS = 5000;

/** Clients begin to count before their request is here, and tell whole seconds. */
const TOLERANCE_MS = 500;

interface Abandoned {
  readonly callId: string;
  readonly timer: NodeJS.Timeout;
  readonly cancel: () => Promise<void>;
}

/**
 * Calls whose client's own time-out passed while it waited: OpenAI's clients then send the request again, without a key
 * that would lead to the call. For a moment the call waits for that, and its retry joins it; else it is cancelled.
 */
export class AbandonedCalls {
  readonly #waiting = new Map<string, Abandoned[]>();

  /** The call that a retry goes on with; null: there is none, or it is no retry. */
  take(call: IncomingCall): string | null {
    if (call.clientTimeout === null || !call.clientTimeout.isRetry || this.#waiting.size === 0) return null;
    const key = keyOf(call);
    const first = this.#waiting.get(key)?.[0];
    if (first === undefined) return null;
    this.#remove(key, first);
    return first.callId;
  }

  /** Keeps a call for the retry of its client. @returns false where none is to be expected */
  keep(call: IncomingCall, callId: string, cancel: () => Promise<void>): boolean {
    const { clientTimeout } = call;
    if (clientTimeout === null || performance.now() < clientTimeout.passesMs - TOLERANCE_MS) return false;
    const key = keyOf(call);
    const timer = setTimeout(() => {
      this.#remove(key, abandoned);
      void cancel();
    }, GRACE_MS);
    const abandoned: Abandoned = { callId, timer, cancel };
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), abandoned]);
    return true;
  }

  /** The gateway stops: no retry will find them. */
  async cancelAll(): Promise<void> {
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const { timer } of all) clearTimeout(timer);
    await Promise.all(all.map(({ cancel }) => cancel()));
  }

  #remove(key: string, abandoned: Abandoned): void {
    clearTimeout(abandoned.timer);
    const others = (this.#waiting.get(key) ?? []).filter((each) => each !== abandoned);
    if (others.length > 0) this.#waiting.set(key, others);
    else this.#waiting.delete(key);
  }
}

function keyOf({ owner, operation, request }: IncomingCall): string {
  return `${owner} ${requestHash({ operation, request: request as RawRequest })}`;
}

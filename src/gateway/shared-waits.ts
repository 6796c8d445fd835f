import type { CallHandle } from '../client/call-handle.js';
import type { CallResult } from '../core/call/call-types.js';
import { untilAborted } from '../temporal/until-aborted.js';

interface Wait {
  readonly result: Promise<CallResult>;
  readonly abandoned: AbortController;
  waiters: number;
  isOver: boolean;
}

/** Waits for the ends of calls: one poll for all who joined the same call, however many they are. */
export class SharedWaits {
  readonly #waits = new Map<string, Wait>();

  /**
   * The result of a call.
   * @throws as `CallHandle.result` does
   */
  async result(handle: CallHandle, signal: AbortSignal): Promise<CallResult> {
    // Whoever started a run waits for that one; a run before it may end just now.
    const key = `${handle.callId} ${handle.startedRunId}`;
    const wait = this.#waits.get(key) ?? this.#begin(key, handle);
    wait.waiters += 1;
    try {
      return await untilAborted(signal, () => wait.result);
    } finally {
      wait.waiters -= 1;
      // An abort makes an error with its stack, which every call would pay for.
      if (wait.waiters === 0 && !wait.isOver) {
        this.#forget(key, wait);
        wait.abandoned.abort();
      }
    }
  }

  #begin(key: string, handle: CallHandle): Wait {
    const abandoned = new AbortController();
    const wait: Wait = {
      result: handle.result({ signal: abandoned.signal }),
      abandoned,
      waiters: 0,
      isOver: false,
    };
    this.#waits.set(key, wait);
    const end = () => {
      wait.isOver = true;
      this.#forget(key, wait);
    };
    wait.result.then(end, end);
    return wait;
  }

  #forget(key: string, wait: Wait): void {
    if (this.#waits.get(key) === wait) this.#waits.delete(key);
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { redactedMessage } from '../core/common/redact.js';
import type { CallEvent } from './events.js';
import { settlesWithin, systemClock } from '../clock.js';
import { describeError } from './foreign-code.js';
import { CALLBACK_OF, type Callback } from './load-callbacks.js';

/** Tells callbacks what happens, and keeps what they do away from the calls. */
export interface CallbackRunner {
  /** Tells every callback for this type of event. Returns at once, and never throws. */
  notify(event: CallEvent): void;
  /** Waits for callbacks that run, a moment at most or until the signal; no event may be told any more. */
  close(skip: AbortSignal): Promise<void>;
}

/** Bounds of what callbacks may hold on to. */
export const CALLBACK_LIMITS = {
  /** A run of a callback that has not ended after this is no longer waited for: 30 s. */
  runMs: 30_000,
  /** Runs of one callback at the same time. Events beyond are left out. */
  running: 1000,
  /** Runs of one callback that were given up and still have not ended. With so many, it is called no more. */
  overdue: 1000,
  /** How long a worker that stops waits for callbacks: 5 s. */
  closeMs: 5000,
} as const;

export type CallbackLimits = { readonly [limit in keyof typeof CALLBACK_LIMITS]: number };

interface RunnerOptions {
  /** Keys that must not appear in the log. */
  readonly secrets: () => readonly string[];
  readonly warn: (message: string) => void;
  /** @default CALLBACK_LIMITS */
  readonly limits?: CallbackLimits | undefined;
}

export function createCallbackRunner(callbacks: readonly Callback[], options: RunnerOptions): CallbackRunner {
  const listeners = callbacks.map((callback) => new Listener(callback, options));
  return {
    notify: (event) => {
      const name = CALLBACK_OF[event.type];
      for (const listener of listeners) if (listener.name === name) listener.notify(event);
    },
    close: async (skip) => {
      const ended = Promise.all(listeners.map((listener) => listener.ended()));
      await settlesWithin(
        systemClock,
        Promise.race([ended, aborted(skip)]),
        (options.limits ?? CALLBACK_LIMITS).closeMs,
      );
      for (const listener of listeners) listener.sumUp();
    },
  };
}

/** What can be wrong with a callback, in the words of the sum. */
type Problem = 'failed' | 'did not end in time' | 'left out while it was busy' | 'left out because it hangs';

/** One callback of one module. */
class Listener {
  readonly name: Callback['name'];
  readonly #callback: Callback;
  readonly #options: RunnerOptions;
  readonly #limits: CallbackLimits;
  readonly #running = new Set<Promise<void>>();
  #overdue = 0;
  readonly #problems = new Map<Problem, number>();

  constructor(callback: Callback, options: RunnerOptions) {
    this.name = callback.name;
    this.#callback = callback;
    this.#options = options;
    this.#limits = options.limits ?? CALLBACK_LIMITS;
  }

  notify(event: CallEvent): void {
    const { running, overdue } = this.#limits;
    if (this.#running.size >= running) {
      this.#report('left out while it was busy', `is told no more while ${running} runs of it are under way`);
    } else if (this.#overdue >= overdue) {
      this.#report('left out because it hangs', `is told no more: ${overdue} runs of it never ended`);
    } else {
      // A copy: what a callback writes into its event must not reach the ledger, nor another callback.
      const run = this.#run(structuredClone(event));
      this.#running.add(run);
      void run.finally(() => this.#running.delete(run));
    }
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Says how often what was said once has happened, and what the end of the worker cuts off. */
  sumUp(): void {
    const cutOff = this.#running.size;
    if (cutOff === 0 && [...this.#problems.values()].every((count) => count === 1)) return;
    const counts = [...this.#problems, ...(cutOff === 0 ? [] : [['not waited for any longer', cutOff] as const])];
    this.#options.warn(`${this.#title}: ${counts.map(([problem, count]) => `${count} ${problem}`).join(', ')}`);
  }

  /** Ends when the callback ends, or is late. */
  async #run(event: CallEvent): Promise<void> {
    // The attempt goes on first.
    await nextTurn();
    const call = this.#call(event);
    const { runMs } = this.#limits;
    if (await settlesWithin(systemClock, call, runMs, { ref: false })) return;
    this.#overdue += 1;
    void call.then(() => (this.#overdue -= 1));
    this.#report('did not end in time', `has not ended within ${runMs / 1000} s and is no longer waited for`);
  }

  async #call(event: CallEvent): Promise<void> {
    try {
      await this.#callback.call(event);
    } catch (error) {
      this.#report('failed', `failed: ${redactedMessage(describeError(error), this.#options.secrets())}`);
    }
  }

  /** Each problem of a callback is said once, and counted from then on. */
  #report(problem: Problem, what: string): void {
    const before = this.#problems.get(problem) ?? 0;
    this.#problems.set(problem, before + 1);
    if (before > 0) return;
    this.#options.warn(`${this.#title} ${what}. No call is affected. From now on this is counted and not logged`);
  }

  get #title(): string {
    return `callback ${this.name} of ${this.#callback.file}`;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

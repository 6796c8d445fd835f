import type { Clock } from '../../src/clock.js';
import { settled } from './settled.js';

/** A world that takes more of them has something in it that goes round and round. */
const MOST_STEPS = 2_000_000;

/** Steps between two looks at whether all is done. */
const LOOK_EVERY = 64;

interface Due {
  readonly atMs: number;
  /** Of two at the same time, that comes first which was asked for first. */
  readonly order: number;
  readonly timer: Timer;
  readonly run: () => void | Promise<void>;
}

/** Something that is to happen, unless it is called off. */
export class Timer {
  isOff = false;

  cancel(): void {
    this.isOff = true;
  }
}

/** A time that goes on when nothing is left to do at the present one. */
export class VirtualTime {
  nowMs: number;
  private readonly heap: Due[] = [];
  private order = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  after(ms: number, run: () => void | Promise<void>, timer = new Timer()): void {
    this.push({ atMs: this.nowMs + Math.ceil(Math.max(0, ms)), order: this.order++, timer, run });
  }

  /** Runs what is due until nothing is left, the time is over, or all is done. */
  async run(untilMs: number, isDone: () => boolean): Promise<void> {
    let steps = 0;
    for (let due = this.pop(); due !== undefined; due = this.pop()) {
      if (due.atMs > untilMs) return;
      if (due.timer.isOff) continue;
      this.nowMs = due.atMs;
      await due.run();
      await settled();
      steps += 1;
      if (steps > MOST_STEPS) return;
      if (steps % LOOK_EVERY === 0 && isDone()) return;
    }
  }

  private push(due: Due): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = due;
  }

  private pop(): Due | undefined {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A process under the virtual time: what it waits for never comes once it was killed, and late while it is frozen. */
export class Process {
  readonly name: string;
  isAlive = true;
  private frozenUntilMs = 0;
  private readonly time: VirtualTime;
  private readonly aheadMs: number;

  /** @param aheadMs - so much its clock is ahead of the server's */
  constructor(time: VirtualTime, name: string, aheadMs = 0) {
    this.time = time;
    this.name = name;
    this.aheadMs = aheadMs;
  }

  kill(): void {
    this.isAlive = false;
  }

  freeze(ms: number): void {
    this.frozenUntilMs = this.time.nowMs + ms;
  }

  get isFrozen(): boolean {
    return this.frozenUntilMs > this.time.nowMs;
  }

  /** Something happens to the process after a time. */
  after(ms: number, run: () => void, timer = new Timer()): void {
    const due = (): void => {
      if (!this.isAlive) return;
      if (this.isFrozen) this.time.after(this.frozenUntilMs - this.time.nowMs, due, timer);
      else run();
    };
    this.time.after(ms, due, timer);
  }

  /** Asks somebody outside, who hears of it also when the process is killed meanwhile, and takes no time to answer. */
  ask<T>(wayMs: () => number, work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (come: () => void): void => this.after(wayMs(), come);
      const asked = async (): Promise<void> => {
        try {
          const said = await work();
          answer(() => resolve(said));
        } catch (error) {
          answer(() => reject(error as Error));
        }
      };
      this.time.after(wayMs(), asked);
    });
  }

  /** What comes from outside, if the process lives to hear of it. */
  hear<T>(ms: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.after(ms, () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  readonly clock: Clock = {
    now: () => this.time.nowMs + this.aheadMs,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        const timer = new Timer();
        const abort = () => {
          timer.cancel();
          if (this.isAlive) reject(new AbortError());
        };
        if (signal?.aborted === true) return abort();
        signal?.addEventListener('abort', abort, { once: true });
        const fire = () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        this.after(ms, fire, timer);
      }),
    every: (ms, run) => {
      const timer = new Timer();
      const due = () => {
        run();
        if (!timer.isOff) this.after(ms, due, timer);
      };
      this.after(ms, due, timer);
      return () => timer.cancel();
    },
  };
}

/** As a clock's sleep ends that was called off. */
class AbortError extends Error {
  override readonly name = 'AbortError';
}

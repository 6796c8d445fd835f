/** A Ctrl-C, or another request to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** One run of the demo: what can end it early, and what must be ended with it. */
export class Run {
  /** The folder of all logs, once there is one. */
  logs: string | null = null;
  readonly #broken: Promise<never>;
  #break: (error: Error) => void = () => undefined;
  readonly #endings: (() => Promise<unknown>)[] = [];

  constructor() {
    this.#broken = new Promise<never>((_resolve, reject) => (this.#break = reject));
    // It may break while nobody waits for anything.
    this.#broken.catch(() => undefined);
  }

  /** Makes every wait of the run fail with this error. */
  fail(error: Error): void {
    this.#break(error);
  }

  /** Waits for something, or until the run fails. */
  async until<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([this.#broken, promise]);
  }

  /** Something to do at the end, whatever the end is; the newest comes first. */
  onEnd(task: () => Promise<unknown>): void {
    this.#endings.unshift(task);
  }

  /** Does it all, also when a part of it fails. */
  async end(): Promise<void> {
    for (const task of this.#endings.splice(0)) await task().catch(() => undefined);
  }
}

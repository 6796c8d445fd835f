import { Readable } from 'node:stream';
import { systemClock, type Clock } from '../../../src/clock.js';
import type { Appender, Storage } from '../../../src/storage/storage.js';

/**
 * Numbers what a piece of work waits for: each read, write and request has a point before it, and one behind it. At one of
 * them the process is gone: nothing of it goes on, there or anywhere else.
 */
export class CrashPoints {
  /** Settles when the process is gone. */
  readonly gone: Promise<void>;
  passed = 0;
  private readonly at: number;
  private isGone = false;
  private tell: () => void = () => {};
  private readonly timers: (() => void)[] = [];
  private readonly appenders: Appender[] = [];

  /** @param at - one-based; none: nothing happens, and the points are counted */
  constructor(at = Infinity) {
    this.at = at;
    this.gone = new Promise((resolve) => {
      this.tell = resolve;
    });
  }

  /** Something that is waited for. Done behind its second point, it is done, and nobody has heard of it. */
  async around<T>(work: () => Promise<T>): Promise<T> {
    await this.point();
    const result = await work();
    await this.point();
    return result;
  }

  /** Something that is told to Temporal; false: it was not. */
  tells(): boolean {
    return !this.isGone && !this.crashes();
  }

  private point(): Promise<void> {
    return this.isGone || this.crashes() ? new Promise(() => {}) : Promise.resolve();
  }

  private crashes(): boolean {
    this.passed += 1;
    if (this.passed !== this.at) return false;
    this.isGone = true;
    for (const end of this.timers) end();
    // The system closes the files of a process that is gone.
    for (const appender of this.appenders) appender.close().catch(() => {});
    this.tell();
    return true;
  }

  /** The clock of the process. */
  readonly clock: Clock = {
    ...systemClock,
    every: (ms, run) => {
      const end = systemClock.every(ms, run);
      this.timers.push(end);
      return end;
    },
  };

  /** The storage of the process. */
  storage(storage: Storage): Storage {
    const { appenders } = this;
    const around = <T>(work: () => Promise<T>) => this.around(work);
    async function* listed(folder: string): AsyncGenerator<string> {
      yield* await around(async () => {
        const names: string[] = [];
        for await (const name of storage.list(folder)) names.push(name);
        return names;
      });
    }
    return {
      read: (location, range) =>
        around(async () => Readable.from((await (await storage.read(location, range)).toArray()) as Buffer[])),
      size: (location) => around(() => storage.size(location)),
      write: (location, content) => around(() => storage.write(location, content)),
      create: (location, text) => around(() => storage.create(location, text)),
      appender: (location) =>
        around(async () => {
          const appender = await storage.appender(location);
          appenders.push(appender);
          return {
            append: (line) => around(() => appender.append(line)),
            close: () => around(() => appender.close()),
          };
        }),
      list: listed,
      remove: (location) => around(() => storage.remove(location)),
    };
  }
}

import { placeOf } from '../job-order.js';

interface Entry<T> {
  readonly entry: T;
  readonly place: number;
}

/** What has come to a batch, and is not yet done. */
export class BatchInbox<T> {
  private readonly entries: Entry<T>[] = [];

  /**
   * @param job - of the activation that brought it; what no job brought comes first
   */
  put(entry: T, job?: string): void {
    this.entries.push({ entry, place: placeOf(job) });
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Takes out what came first. */
  takeFirst(): T | undefined {
    const first = this.entries.reduce<Entry<T> | undefined>(
      (best, entry) => (best === undefined || entry.place < best.place ? entry : best),
      undefined,
    );
    if (first !== undefined) this.entries.splice(this.entries.indexOf(first), 1);
    return first?.entry;
  }

  /** Takes out all, as they were put in. */
  takeAll(): T[] {
    return this.entries.splice(0).map(({ entry }) => entry);
  }
}

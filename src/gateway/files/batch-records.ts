import type { Storage } from '../../storage/index.js';
import type { BatchRecord } from './batch-record.js';
import { suffixOf, timeDigits } from './ids.js';
import type { placesOf } from './place.js';
import { Records } from './records.js';

/** A batch in a list. */
export interface ListedRecord {
  readonly id: string;
  /** Text that sorts older ones before newer ones. */
  readonly age: string;
}

/** What is kept of a caller's batches. */
export class BatchRecords extends Records<BatchRecord> {
  /** Ids that are made of an Idempotency-Key do not tell the time: these names do, `TIME-ID`. */
  readonly #keyed: Records<object>;

  constructor(storage: Storage, { batches, keyed }: Pick<ReturnType<typeof placesOf>, 'batches' | 'keyed'>) {
    super(storage, batches);
    this.#keyed = new Records(storage, keyed);
  }

  /** Keeps a batch whose id is made of an Idempotency-Key. */
  async putKeyed(record: BatchRecord, nowMs: number): Promise<void> {
    await this.#keyed.put(`${timeDigits(nowMs)}-${record.id}`, {});
    await this.put(record.id, record);
  }

  async listed(): Promise<ListedRecord[]> {
    const [ids, keyed] = await Promise.all([this.ids(), this.#keyed.ids()]);
    const times = new Map(keyed.map((name) => [name.slice(name.indexOf('-') + 1), name]));
    return ids.map((id) => ({ id, age: times.get(id) ?? suffixOf(id) }));
  }
}

/** For lists that begin with the newest. */
export function newestFirst(a: ListedRecord, b: ListedRecord): number {
  return a.age < b.age ? 1 : -1;
}

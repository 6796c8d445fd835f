import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPart, type Part, type RowRecord } from '../../batch/index.js';
import type { RunChunkInput } from '../../core/batch/batch.js';
import type { Storage } from '../../storage/index.js';

/** So long an answer that is paid for waits for storage to come back. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 2_000;

/** What one attempt of the activity writes of a chunk. Made at the first record. */
export class ChunkPart {
  private readonly storage: Storage;
  private readonly input: RunChunkInput;
  private part: Promise<Part> | null = null;

  constructor(storage: Storage, input: RunChunkInput) {
    this.storage = storage;
    this.input = input;
  }

  /** @throws StorageError when storage does not come back in time */
  async append(record: RowRecord): Promise<void> {
    const giveUpMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const part = (this.part ??= this.open());
      try {
        return await (await part).append(record);
      } catch (error) {
        // The file may end in half a line now: the next record goes to a new one.
        if (this.part === part) {
          this.part = null;
          await part.then((broken) => broken.close()).catch(() => {});
        }
        if (Date.now() >= giveUpMs) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  async close(): Promise<void> {
    const { part } = this;
    this.part = null;
    await (await part)?.close();
  }

  private open(): Promise<Part> {
    const { files, chunk } = this.input;
    return openPart({ storage: this.storage, folder: files.folder, chunk, writer: `chunk-${randomUUID()}` });
  }
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { openPart, type Part, type RowRecord } from '../../batch/index.js';
import type { RunChunkInput } from '../../core/batch/batch.js';
import type { Storage } from '../../storage/index.js';

/** So long an answer that is paid for waits for storage to come back. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 2_000;

interface ChunkPartDeps {
  readonly storage: Storage;
  readonly clock: Clock;
}

/** What one attempt of the activity writes of a chunk. Made at the first record. */
export class ChunkPart {
  private readonly storage: Storage;
  private readonly clock: Clock;
  private readonly input: RunChunkInput;
  private part: Promise<Part> | null = null;

  constructor({ storage, clock }: ChunkPartDeps, input: RunChunkInput) {
    this.storage = storage;
    this.clock = clock;
    this.input = input;
  }

  /** @throws StorageError when storage does not come back in time */
  async append(record: RowRecord): Promise<void> {
    const giveUpMs = this.clock.now() + PATIENCE_MS;
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
        if (this.clock.now() >= giveUpMs) throw error;
        await this.clock.sleep(PAUSE_MS);
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

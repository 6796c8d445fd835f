import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { openPart, type Part, type RowRecord } from '../../batch/index.js';
import type { RunChunkInput } from '../../core/batch/batch.js';
import { STORAGE_PATIENCE_MS } from '../../core/call/activity-options.js';
import { StorageError, type Storage } from '../../storage/index.js';

const PAUSE_MS = 2_000;

interface ChunkPartDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Is told, when storage is away, why; null: it is back. */
  readonly onTrouble: (trouble: string | null) => void;
  /** Whoever waits for storage does so no longer. */
  readonly abort: AbortSignal;
}

/** What one attempt of the activity writes of a chunk. The file is made at the first record. */
export class ChunkPart {
  private readonly deps: ChunkPartDeps;
  private readonly input: RunChunkInput;
  private part: Promise<Part> | null = null;
  private isTroubled = false;

  constructor(deps: ChunkPartDeps, input: RunChunkInput) {
    this.deps = deps;
    this.input = input;
  }

  /**
   * An answer that is paid for waits for storage to come back.
   * @throws StorageError when it does not in time
   */
  async append(record: RowRecord): Promise<void> {
    const { clock, abort } = this.deps;
    const giveUpMs = clock.now() + STORAGE_PATIENCE_MS;
    for (;;) {
      const part = (this.part ??= this.open());
      try {
        await (await part).append(record);
        this.tell(null);
        return;
      } catch (error) {
        // The file may end in half a line now: the next record goes to a new one.
        if (this.part === part) {
          this.part = null;
          await part.then((broken) => broken.close()).catch(() => {});
        }
        if (!(error instanceof StorageError) || abort.aborted || clock.now() >= giveUpMs) throw error;
        this.tell(error.message);
        await clock.sleep(PAUSE_MS, { signal: abort }).catch(() => {});
      }
    }
  }

  async close(): Promise<void> {
    const { part } = this;
    this.part = null;
    await (await part)?.close();
  }

  /** Each change is told once. */
  private tell(trouble: string | null): void {
    const isTroubled = trouble !== null;
    if (isTroubled === this.isTroubled) return;
    this.isTroubled = isTroubled;
    this.deps.onTrouble(trouble);
  }

  private open(): Promise<Part> {
    const { files, chunk } = this.input;
    return openPart({ storage: this.deps.storage, folder: files.folder, chunk, writer: `chunk-${randomUUID()}` });
  }
}

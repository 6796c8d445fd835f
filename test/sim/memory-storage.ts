import { Readable } from 'node:stream';
import type { Appender, ByteRange, Storage } from '../../src/storage/storage.js';
import { StorageError, type StorageAction } from '../../src/storage/storage-error.js';
import type { Chance } from './chance.js';
import type { Process, VirtualTime } from './virtual-time.js';

const LATENCY_MS = 30;

/** Files in memory, which all processes share. It can be away for a while, and takes its time. */
export class MemoryStorage {
  readonly files = new Map<string, Buffer[]>();
  private readonly time: VirtualTime;
  private readonly chance: Chance;
  private awayUntilMs = 0;

  constructor(time: VirtualTime, chance: Chance) {
    this.time = time;
    this.chance = chance;
  }

  away(ms: number): void {
    this.awayUntilMs = this.time.nowMs + ms;
  }

  get isAway(): boolean {
    return this.awayUntilMs > this.time.nowMs;
  }

  text(location: string): string | null {
    const blocks = this.files.get(location);
    return blocks === undefined ? null : wholeOf(blocks).toString('utf8');
  }

  /** As a process sees it: what it asked for is done, or half done, when it is killed meanwhile. */
  of(process: Process): Storage {
    const { files } = this;
    const reach = async <T>(action: StorageAction, location: string, work: () => T): Promise<T> => {
      if (this.chance.is(0.2)) await process.hear(this.chance.ms(LATENCY_MS), () => {});
      else if (!process.isAlive) await new Promise(() => {});
      if (this.isAway) throw new StorageError('unavailable', action, location, new Error('away'));
      return work();
    };
    const bytesOf = (location: string, range?: ByteRange): Buffer => {
      const blocks = files.get(location);
      if (blocks === undefined) throw new StorageError('missing', 'read', location, new Error('ENOENT'));
      const whole = wholeOf(blocks);
      return range === undefined ? whole : whole.subarray(range.start, range.end);
    };
    const collect = async (content: AsyncIterable<Uint8Array | string>): Promise<Buffer[]> => {
      const blocks: Buffer[] = [];
      for await (const block of content) blocks.push(Buffer.from(block as Uint8Array));
      return blocks;
    };
    return {
      read: (location, range) => reach('read', location, () => Readable.from([bytesOf(location, range)])),
      size: (location) => reach('read', location, () => (files.has(location) ? bytesOf(location).length : null)),
      write: async (location, content) => {
        const blocks = await collect(content);
        await reach('write', location, () => files.set(location, blocks));
      },
      create: (location, text) =>
        reach('write', location, () => {
          if (files.has(location)) return false;
          files.set(location, [Buffer.from(text)]);
          return true;
        }),
      appender: (location) => reach('write', location, () => this.appender(process, location)),
      list: (folder) => this.list(folder, reach),
      remove: (location) =>
        reach('remove', location, () => {
          for (const name of files.keys()) if (name === location || name.startsWith(`${location}/`)) files.delete(name);
        }),
    };
  }

  private async *list(
    folder: string,
    reach: (action: StorageAction, location: string, work: () => string[]) => Promise<string[]>,
  ): AsyncGenerator<string> {
    const names = await reach('list', folder, () => [...this.files.keys()]);
    yield* names.filter((name) => name.startsWith(`${folder}/`)).toSorted((a, b) => (a < b ? -1 : 1));
  }

  private appender(process: Process, location: string): Appender {
    const blocks = this.files.get(location) ?? [];
    this.files.set(location, blocks);
    return {
      append: async (line) => {
        const text = `${line}\n`;
        if (this.isAway) {
          // It may have come, cut short.
          if (this.chance.is(0.5)) blocks.push(Buffer.from(text.slice(0, this.chance.whole(0, text.length))));
          throw new StorageError('unavailable', 'write', location, new Error('away'));
        }
        // Written before it is told: a process that is killed meanwhile has written it all the same, or a part of it.
        const block = Buffer.from(text);
        if (this.chance.is(0.2)) {
          await process.hear(this.chance.ms(LATENCY_MS), () => {});
          if (this.isAway) throw new StorageError('unavailable', 'write', location, new Error('away'));
        }
        if (!process.isAlive) return new Promise(() => {});
        blocks.push(block);
        if (this.chance.is(0.2)) await process.hear(this.chance.ms(LATENCY_MS), () => {});
      },
      close: async () => {
        if (!process.isAlive) await new Promise(() => {});
      },
    };
  }
}

/** What was appended block by block is one from then on. */
function wholeOf(blocks: Buffer[]): Buffer {
  const whole = blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
  blocks.splice(0, blocks.length, whole);
  return whole;
}

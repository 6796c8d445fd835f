import { Readable } from 'node:stream';
import { readText } from '../../batch/index.js';
import { encryptFile } from '../../encryption/encrypted-file.js';
import { locationIn, StorageError, type Storage } from '../../storage/index.js';

const ENDING = '.json';

/** Small records, each a JSON file in a folder, by ids that can be names of files. */
export class Records<T> {
  readonly #storage: Storage;
  readonly #folder: string;

  constructor(storage: Storage, folder: string) {
    this.#storage = storage;
    this.#folder = folder;
  }

  async put(id: string, record: T): Promise<void> {
    const content = encryptFile(this.#storage.keys, Readable.from([JSON.stringify(record)]));
    await this.#storage.write(this.#locationOf(id), content);
  }

  async get(id: string): Promise<T | null> {
    const location = this.#locationOf(id);
    const text = await readText(this.#storage, location);
    try {
      return text === null ? null : (JSON.parse(text) as T);
    } catch {
      // The parser's own error quotes it.
      throw new StorageError('unavailable', 'read', location, 'it is damaged');
    }
  }

  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for await (const location of this.#storage.list(this.#folder)) {
      if (location.endsWith(ENDING)) ids.push(location.slice(location.lastIndexOf('/') + 1, -ENDING.length));
    }
    return ids;
  }

  async remove(id: string): Promise<void> {
    await this.#storage.remove(this.#locationOf(id));
  }

  #locationOf(id: string): string {
    return locationIn(this.#folder, `${id}${ENDING}`);
  }
}

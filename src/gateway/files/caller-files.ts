import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.js';
import { encryptFile } from '../../encryption/encrypted-file.js';
import { locationIn, type Storage } from '../../storage/index.js';
import type { Caller } from '../callers.js';
import { BatchRecords, newestFirst } from './batch-records.js';
import { fileId, newSuffix, OUTPUT_FILES, outputFileId, parseFileId, suffixOf, type OutputPart } from './ids.js';
import { placesOf, type FilesPlace } from './place.js';
import { Records } from './records.js';

/** OpenAI's object for a file, which is kept as it is. */
export interface FileObject {
  readonly id: string;
  readonly object: 'file';
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly created_at: number;
  readonly filename: string;
  readonly purpose: 'batch' | 'batch_output';
  readonly status: 'processed';
}

/** A file that can be read. */
export interface ReadableFile {
  readonly file: FileObject;
  readonly content: Readable;
}

/** The files of a caller: uploads, and what batches left. Nothing of them is held here. */
export class CallerFiles {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #places: ReturnType<typeof placesOf>;
  readonly #uploads: Records<FileObject>;
  readonly #batches: BatchRecords;

  constructor({ storage, clock, root }: FilesPlace, caller: Caller) {
    this.#storage = storage;
    this.#clock = clock;
    this.#places = placesOf(root, caller);
    this.#uploads = new Records(storage, this.#places.files);
    this.#batches = new BatchRecords(storage, this.#places);
  }

  /** Keeps an upload, whole or not at all. */
  async add(filename: string, content: AsyncIterable<Uint8Array>): Promise<FileObject> {
    const id = fileId(newSuffix(this.#clock.now()));
    let bytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const block of content) {
        bytes += block.length;
        yield block;
      }
    }
    await this.#storage.write(this.locationOf(id), encryptFile(this.#storage.keys, counted()));
    const created = Math.floor(this.#clock.now() / 1000);
    const file: FileObject = {
      id,
      object: 'file',
      bytes,
      created_at: created,
      filename,
      purpose: 'batch',
      status: 'processed',
    };
    // Last: a file that is known is there.
    await this.#uploads.put(id, file);
    return file;
  }

  /** Ids of all files with a purpose, newest first; those of batches that have left none yet among them. */
  async ids(purpose?: string): Promise<string[]> {
    const isAsked = (one: FileObject['purpose']) => purpose === undefined || purpose === one;
    const uploads = isAsked('batch') ? await this.#uploads.ids() : [];
    const batches = isAsked('batch_output') ? await this.#batches.listed() : [];
    const parts = Object.keys(OUTPUT_FILES) as OutputPart[];
    const outputs = batches.flatMap(({ id, age }) => parts.map((part) => ({ id: outputFileId(id, part), age })));
    const listed = [...uploads.map((id) => ({ id, age: suffixOf(id) })), ...outputs];
    return listed
      .map(({ id, age }) => ({ id, age: `${age} ${id}` }))
      .toSorted(newestFirst)
      .map(({ id }) => id);
  }

  /** Of all uploads together. */
  async storedBytes(): Promise<number> {
    let bytes = 0;
    for (const id of await this.#uploads.ids()) bytes += (await this.#uploads.get(id))?.bytes ?? 0;
    return bytes;
  }

  async find(id: string): Promise<FileObject | null> {
    const parsed = parseFileId(id);
    if (parsed === null) return null;
    return parsed === 'upload' ? this.#uploads.get(id) : this.#findOutput(id, parsed.batch);
  }

  async read(id: string): Promise<ReadableFile | null> {
    const file = await this.find(id);
    return file === null ? null : { file, content: await this.#storage.read(this.locationOf(id)) };
  }

  async remove(id: string): Promise<void> {
    await this.#storage.remove(this.locationOf(id));
    if (parseFileId(id) !== 'upload') return;
    await this.#storage.remove(this.#places.uses(id));
    // Last: what was not removed can be removed again.
    await this.#uploads.remove(id);
  }

  /** Where the bytes of a file are. */
  locationOf(id: string): string {
    const parsed = parseFileId(id);
    if (parsed === 'upload' || parsed === null) return this.#places.content(id);
    return locationIn(this.#places.output(parsed.batch), OUTPUT_FILES[parsed.part]);
  }

  async #findOutput(id: string, batch: string): Promise<FileObject | null> {
    const bytes = (await this.#storage.size(this.locationOf(id))) ?? 0;
    const record = bytes === 0 ? null : await this.#batches.get(batch);
    if (record === null) return null;
    const filename = `${batch}_${id.slice(id.lastIndexOf('-') + 1)}.jsonl`;
    const { created_at } = record;
    return { id, object: 'file', bytes, created_at, filename, purpose: 'batch_output', status: 'processed' };
  }
}

import type { Caller } from '../callers.js';
import { Refusal } from '../refusal.js';
import { SharedAnswers } from '../shared-answers.js';
import type { CallerFiles } from './caller-files.js';

/** OpenAI's for all files of an organization. */
const DEFAULT_MAX_STORED_BYTES = 100 * 1024 ** 3;

/** Other gateways may keep files in the same place. */
const COUNTED_EVERY_MS = 60_000;

/** Keeps the uploads of each caller within what they may have together. */
export class StoredBytes {
  readonly #ofEach: () => number | undefined;
  readonly #usages = new SharedAnswers<{ bytes: number }>(COUNTED_EVERY_MS);

  constructor(ofEach: () => number | undefined) {
    this.#ofEach = ofEach;
  }

  /**
   * The blocks of a file, as long as there is room for them.
   * @throws Refusal when there is none any more
   */
  async *within(caller: Caller, files: CallerFiles, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { maxStoredBytes = this.#ofEach() ?? DEFAULT_MAX_STORED_BYTES } = caller;
    const usage = await this.#usages.get(caller.id, async () => ({ bytes: await files.storedBytes() }));
    for await (const block of blocks) {
      usage.bytes += block.length;
      if (usage.bytes > maxStoredBytes) throw tooMuch(caller, maxStoredBytes);
      yield block;
    }
  }

  /** A file was removed, or not kept: what is there is counted again. */
  changed({ id }: Caller): void {
    this.#usages.forget(id);
  }
}

function tooMuch({ id }: Caller, maxBytes: number): Refusal {
  const message = `the files of key ${id} would have more than the ${maxBytes} bytes that it may keep: remove some`;
  return new Refusal({ kind: 'RequestTooLargeError', message });
}

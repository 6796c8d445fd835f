import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { oneLine } from './printable.js';

const DEFAULT_COLUMNS = 80;

/** Lines that stay and, on a terminal, one below them that changes. */
export class LiveLines {
  readonly #output: WriteStream;
  #status = '';

  constructor(output: WriteStream) {
    this.#output = output;
  }

  line(text: string): void {
    const status = this.#status;
    this.#erase();
    this.#output.write(`${text}\n`);
    this.status(status);
  }

  /** Shown on a terminal only; an empty text removes it. */
  status(text: string): void {
    if (!this.#output.isTTY) return;
    this.#erase();
    // A line that wraps could not be erased as one. Some terminals do not tell their width, and say 0.
    this.#status = oneLine(text).slice(0, (this.#output.columns || DEFAULT_COLUMNS) - 1);
    this.#output.write(this.#status);
  }

  #erase(): void {
    if (this.#status === '') return;
    this.#status = '';
    cursorTo(this.#output, 0);
    clearLine(this.#output, 0);
  }
}

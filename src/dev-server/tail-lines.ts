/** Keeps the last lines of an output, for the message that explains a failure. */
export class TailLines {
  readonly #limit: number;
  readonly #lines: string[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }

  text(): string {
    return this.#lines.map((line) => `  ${line}`).join('\n');
  }
}

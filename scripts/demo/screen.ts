import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';
import { LiveLines } from '../../src/cli/live-lines.js';

type Style = Parameters<typeof styleText>[0];

const DEFAULT_WIDTH = 100;
const MAX_WIDTH = 110;
const INDENT = '  ';

/** Where the demo is shown: lines that stay and, on a terminal, colours and a line below them that changes. */
export class Screen {
  readonly #lines: LiveLines;
  readonly #coloured: boolean;
  readonly #width: number;

  constructor(output: WriteStream, env: NodeJS.ProcessEnv = process.env) {
    this.#lines = new LiveLines(output);
    this.#coloured = output.isTTY && !env['NO_COLOR'];
    this.#width = Math.min(output.columns || DEFAULT_WIDTH, MAX_WIDTH);
  }

  heading(text: string): void {
    this.#lines.line(`\n${this.#paint(text, 'bold')}`);
  }

  /** A paragraph, broken at the width of the terminal; `hanging` is the further indent of its later lines. */
  text(text: string, { style, hanging = 0 }: { style?: Style; hanging?: number } = {}): void {
    const lines = wrap(text, this.#width - INDENT.length - hanging, hanging);
    for (const line of lines) this.#lines.line(`${INDENT}${this.#paint(line, style)}`);
  }

  /** A line that must not be broken: an address, a row of a table. */
  row(text: string, style?: Style): void {
    this.#lines.line(`${INDENT}${this.#paint(text, style)}`.trimEnd());
  }

  gap(): void {
    this.#lines.line('');
  }

  /** What is going on right now; shown on a terminal only, and removed by an empty text. */
  status(text: string): void {
    this.#lines.status(text === '' ? '' : `${INDENT}… ${text}`);
  }

  #paint(text: string, style: Style | undefined): string {
    return style === undefined || !this.#coloured ? text : styleText(style, text);
  }
}

function wrap(text: string, width: number, hanging: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.trimStart().length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(`${' '.repeat(lines.length === 0 ? 0 : hanging)}${word}`);
    }
  }
  return lines;
}

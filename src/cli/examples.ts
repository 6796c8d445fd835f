import { wrapped } from './wrap.js';

/** Of 80 columns. */
const WIDTH = 78;

/** The end of a help text. A long line goes on below, before an option, as a shell takes it. */
export function examples(...lines: readonly string[]): string {
  return ['', lines.length === 1 ? 'Example:' : 'Examples:', ...lines.map(shellLine)].join('\n');
}

/** A paragraph of a help text. */
export function note(text: string): string {
  return ['', ...wrapped(text, WIDTH)].join('\n');
}

function shellLine(text: string): string {
  const lines = [' '];
  for (const part of text.split(/ (?=--)/)) {
    const line = `${lines.at(-1)} ${part}`;
    if (line.length <= WIDTH || lines.at(-1) === ' ') lines[lines.length - 1] = line;
    else lines.push(`    ${part}`);
  }
  return lines.join(' \\\n');
}

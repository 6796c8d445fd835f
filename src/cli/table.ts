import { oneLine } from './printable.js';
import { wrapped } from './wrap.js';

const GAP = '  ';

/** Rows under their headings, in columns. Where these are wider than `width` allows, the widest wrap by words. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = terminalWidth(),
): string {
  const lines = [headings, ...rows.map((row) => row.map(oneLine))];
  const columns = headings.map((_, column) => columnOf(lines.map((line) => line[column] ?? '')));
  const widths = fitted(columns, width - GAP.length * (headings.length - 1));
  return lines.map((line) => rowText(line, widths)).join('\n');
}

/** Without a terminal a line is as long as it is, for programs that read it. */
function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || Infinity : Infinity;
}

function rowText(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => wrapped(cell, widths[column] ?? Infinity));
  const height = Math.max(...cells.map((cell) => cell.length));
  const line = (index: number) =>
    cells.map((cell, column) => (cell[index] ?? '').padEnd(widths[column] ?? 0)).join(GAP);
  return Array.from({ length: height }, (_, index) => line(index).trimEnd()).join('\n');
}

interface Column {
  /** Of its longest cell. */
  readonly width: number;
  /** Of its longest word, which is never broken: it may be an id. */
  readonly least: number;
}

function columnOf(cells: readonly string[]): Column {
  const words = cells.flatMap((cell) => cell.split(' '));
  return { width: longest(cells), least: longest(words) };
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}

/** The columns that need no more than an equal part of the room, or cannot do with it, have what they need; the others share the rest. */
function fitted(columns: readonly Column[], room: number): readonly number[] {
  const widths = new Map<Column, number>();
  for (;;) {
    const open = columns.filter((column) => !widths.has(column));
    const taken = [...widths.values()].reduce((sum, width) => sum + width, 0);
    const share = Math.floor((room - taken) / Math.max(1, open.length));
    const settled = open.filter(({ width, least }) => width <= share || least >= share);
    for (const column of settled) widths.set(column, column.width <= share ? column.width : column.least);
    if (settled.length === 0) return columns.map((column) => widths.get(column) ?? share);
  }
}

/** Names and values, one pair a line. */
export function pairs(values: readonly (readonly [name: string, value: string])[]): string {
  const width = longest(values.map(([name]) => name));
  return values.map(([name, value]) => `${name.padEnd(width)}${GAP}${oneLine(value)}`).join('\n');
}

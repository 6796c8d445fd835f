import type { RowProblem } from '../../batch/index.js';
import { count } from '../../core/batch/batch-text.js';
import { oneLine } from '../printable.js';

const SHOWN = 20;

/** What is wrong with the first rows that cannot be run, a fault a line. */
export interface ProblemLines {
  readonly lines: readonly string[];
  /** How many rows they tell of. */
  readonly rows: number;
}

/** Rows with the same fault share a line: it is one for whoever mends it. */
export function problemLines(problems: readonly RowProblem[]): ProblemLines {
  const faults = [...Map.groupBy(problems, ({ problem }) => problem).values()].slice(0, SHOWN);
  return { lines: faults.map(faultLine), rows: faults.reduce((rows, { length }) => rows + length, 0) };
}

function faultLine(rows: readonly RowProblem[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return '';
  const row =
    first.custom_id === null ? `line ${first.line}` : `line ${first.line} (${JSON.stringify(first.custom_id)})`;
  const others = rows.length === 1 ? '' : `; the same in ${count(rows.length - 1)} more, up to line ${last.line}`;
  return `  ${oneLine(`${row}: ${first.problem}`)}${others}`;
}

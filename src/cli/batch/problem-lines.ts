import type { RowProblem } from '../../batch/index.js';
import { oneLine } from '../printable.js';

const SHOWN = 20;

/** What is wrong with the first rows that cannot be run, a row a line. */
export function problemLines(problems: readonly RowProblem[]): string[] {
  return problems.slice(0, SHOWN).map(({ line, custom_id, problem }) => {
    const row = custom_id === null ? `line ${line}` : `line ${line} (${JSON.stringify(custom_id)})`;
    return `  ${oneLine(`${row}: ${problem}`)}`;
  });
}

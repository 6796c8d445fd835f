import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface CaseOptions {
  /** Absolute paths; none: the files of the project. */
  readonly files: readonly string[];
  readonly only: readonly string[] | undefined;
  readonly concurrency: number;
}

/** What a run of cases is told; null after `--help`, which is printed. */
export function caseOptions(args: string[], help: string, defaultConcurrency: number): CaseOptions | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true },
      concurrency: { type: 'string', default: String(defaultConcurrency) },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(help);
    return null;
  }
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new Error('--concurrency: expected a number from 1');
  // npm runs scripts in the folder of the project, and says where it was itself.
  const files = positionals.map((file) => resolve(process.env['INIT_CWD'] ?? '.', file));
  return { files, only: values.only?.flatMap((list) => list.split(',')).map((id) => id.trim()), concurrency };
}

/** The cases that `--only` names. */
export function chosen<T extends { readonly id: string }>(cases: T[], only: readonly string[] | undefined): T[] {
  if (only === undefined) return cases;
  const unknown = only.filter((id) => !cases.some((each) => each.id === id));
  if (unknown.length > 0) throw new Error(`--only: there is no case ${unknown.join(', ')}`);
  return cases.filter(({ id }) => only.includes(id));
}

import type { FileCase } from './case-file.js';
import { compare } from './compare.js';
import { observe, type ParityEnvironment } from './observe.js';

export interface CaseResult {
  readonly id: string;
  readonly what: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What differed, or why the case was skipped, a line each. */
  readonly lines: readonly string[];
  readonly elapsedMs: number;
}

/** Runs one case of a file and says what differed. Never throws: what keeps a case from running fails it. */
export async function runCase(fileCase: FileCase, environment: ParityEnvironment): Promise<CaseResult> {
  const { id, what } = fileCase;
  const startedMs = performance.now();
  const result = (outcome: CaseResult['outcome'], lines: readonly string[]): CaseResult => {
    return { id, what, outcome, lines, elapsedMs: performance.now() - startedMs };
  };
  if ('problems' in fileCase) return result('failed', fileCase.problems);
  const { skip, want } = fileCase.case;
  if (skip !== undefined) return result('skipped', [skip]);
  try {
    const differences = compare(want, await observe(fileCase.case, environment));
    return result(differences.length === 0 ? 'passed' : 'failed', differences);
  } catch (error) {
    return result('failed', [error instanceof Error ? `${error.name}: ${error.message}` : String(error)]);
  }
}

/** Runs cases, some at a time, and gives each result in the order of the file, as soon as those before it are there. */
export async function* runCases(
  cases: readonly FileCase[],
  environment: ParityEnvironment,
  concurrency: number,
): AsyncGenerator<CaseResult> {
  const queue = cases.map((fileCase) => ({ fileCase, ...deferred<CaseResult>() }));
  const waiting = [...queue];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      next.resolve(await runCase(next.fileCase, environment));
    }
  };
  const workers = Promise.all(Array.from({ length: concurrency }, worker));
  for (const { promise } of queue) yield await promise;
  await workers;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

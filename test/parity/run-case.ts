import type { FileCase } from './case-file.js';
import { compare } from './compare.js';
import { isHurried } from './hurry.js';
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

/** Whether a case has to run alone, because it has little time. */
export function runsAlone(fileCase: FileCase): boolean {
  return 'case' in fileCase && isHurried(fileCase.case);
}

/** Runs cases, some at a time, then those that must run alone. Gives each result as soon as it is there. */
export async function runCases(
  cases: readonly FileCase[],
  environment: ParityEnvironment,
  concurrency: number,
  onResult: (result: CaseResult) => void,
): Promise<void> {
  const runAll = async (waiting: FileCase[], atATime: number) => {
    const runNext = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        onResult(await runCase(next, environment));
      }
    };
    await Promise.all(Array.from({ length: atATime }, runNext));
  };
  await runAll(
    cases.filter((fileCase) => !runsAlone(fileCase)),
    concurrency,
  );
  await runAll(cases.filter(runsAlone), 1);
}

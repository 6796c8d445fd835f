import { wrapped } from './wrap.js';

/** What is left of 80 columns beside the code. */
const MEANING_WIDTH = 72;

/** What the program's exit code tells. The main help prints this table. */
const ROWS = {
  ok: { code: 0, meaning: 'done' },
  callFailed: {
    code: 1,
    meaning: 'the call or the batch failed, and it is printed why; or something unexpected happened',
  },
  badInput: { code: 2, meaning: 'the command line, the config, the request or the input of a batch is wrong' },
  temporalUnavailable: {
    code: 3,
    meaning: 'Temporal cannot be reached or used, or only a worker could help and there is none',
  },
  rowsFailed: { code: 4, meaning: 'the batch completed, but some of its rows failed' },
  batchCancelled: { code: 5, meaning: 'the batch was cancelled' },
  batchPaused: {
    code: 6,
    meaning: 'the batch paused itself, and says why; followed without a terminal',
  },
  interrupted: {
    code: 130,
    meaning: 'interrupted while it followed a call or a batch, which goes on, or between the calls that it acts on',
  },
} as const;

export type Exit = keyof typeof ROWS;
export type ExitCode = (typeof ROWS)[Exit]['code'];

export function exitCode(exit: Exit): ExitCode {
  return ROWS[exit].code;
}

export function exitCodesHelp(): string {
  const lines = Object.values(ROWS).flatMap(({ code, meaning }) =>
    wrapped(meaning, MEANING_WIDTH).map((line, index) => `  ${(index === 0 ? String(code) : '').padEnd(4)} ${line}`),
  );
  return ['Exit codes:', ...lines].join('\n');
}

import { inspect } from 'node:util';
import { isErrorKind } from '../core/error-kinds.js';
import { exitCode, type Exit, type ExitCode } from './exit-codes.js';
import { printable } from './printable.js';

/** How the program ends for errors, by their names. Any other is unexpected. */
const EXIT_OF_ERROR: Readonly<Record<string, Exit>> = {
  UsageError: 'badInput',
  ConfigError: 'badInput',
  ScriptError: 'badInput',
  TemporalUnavailableError: 'temporalUnavailable',
  SearchAttributesError: 'temporalUnavailable',
  DevServerError: 'temporalUnavailable',
  TemporalNotFoundError: 'temporalUnavailable',
};

/** Says what went wrong on standard error; the stack only for HOLDFAST_DEBUG=1. */
export function reportError(error: unknown): ExitCode {
  const exit = exitOf(error);
  const message = error instanceof Error ? error.message || error.name : String(error);
  console.error(`holdfast: ${printable(message)}`);
  if (process.env['HOLDFAST_DEBUG'] === '1') console.error(inspect(error));
  else if (exit === undefined) console.error('This was not expected; HOLDFAST_DEBUG=1 shows where it comes from.');
  return exitCode(exit ?? 'callFailed');
}

function exitOf(error: unknown): Exit | undefined {
  if (!(error instanceof Error)) return undefined;
  // Failures of calls that ran are the business of `call`: any other was refused before, a wrong request or id.
  return isErrorKind(error.name) && error.name !== 'ConfigError' ? 'badInput' : EXIT_OF_ERROR[error.name];
}

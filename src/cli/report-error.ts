import { inspect } from 'node:util';
import { isErrorKind } from '../core/errors/error-kinds.js';
import { exitCode, type Exit, type ExitCode } from './exit-codes.js';
import { printable } from './printable.js';

/** How the program ends for errors, by their names. Any other is unexpected. */
const EXIT_OF_ERROR: Readonly<Record<string, Exit>> = {
  UsageError: 'badInput',
  ConfigError: 'badInput',
  ScriptError: 'badInput',
  GatewayError: 'badInput',
  InputError: 'badInput',
  StorageError: 'badInput',
  TracesError: 'badInput',
  EncryptionError: 'badInput',
  ExternalStorageError: 'badInput',
  TemporalUnavailableError: 'temporalUnavailable',
  NoWorkerError: 'temporalUnavailable',
  SearchAttributesError: 'temporalUnavailable',
  WorkerFailedError: 'callFailed',
  DevServerError: 'temporalUnavailable',
  TemporalNotFoundError: 'temporalUnavailable',
};

/** Says what went wrong on standard error; the stack only for HOLDFAST_DEBUG=1. */
export function reportError(error: unknown): ExitCode {
  const exit = exitOf(error);
  const message = printable(exit === undefined ? withCauses(error) : messageOf(error));
  // A config can have several problems, one a line.
  console.error(message.replace(/^/gm, 'holdfast: '));
  if (process.env['HOLDFAST_DEBUG'] === '1') console.error(inspect(error));
  else if (exit === undefined) console.error('This was not expected; HOLDFAST_DEBUG=1 shows where it comes from.');
  return exitCode(exit ?? 'callFailed');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** What an unexpected error was caused by, which is often all that helps. */
function withCauses(error: unknown): string {
  const messages = new Set<string>();
  for (let cause = error; cause !== undefined && messages.size < 5;) {
    messages.add(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return [...messages].join(': ');
}

function exitOf(error: unknown): Exit | undefined {
  if (!(error instanceof Error)) return undefined;
  // Failures of calls that ran are the business of `call`: any other was refused before, a wrong request or id.
  return isErrorKind(error.name) && error.name !== 'ConfigError' ? 'badInput' : EXIT_OF_ERROR[error.name];
}

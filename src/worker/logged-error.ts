import { inspect, types } from 'node:util';
import { redact } from '../core/common/redact.js';
import { wellFormed } from '../core/common/text.js';

/** Causes of causes that are told. */
const MAX_CAUSES = 4;

/** What tells errors of one name apart: the kind of a call's, the type of Temporal's, the code of Node's. */
const NAMES = ['kind', 'type', 'code'] as const;

/** What was thrown, as a log has it: all that it says, whichever realm it comes from, without keys. */
export function loggedError(error: unknown, causes = MAX_CAUSES): unknown {
  if (!types.isNativeError(error)) return clean(typeof error === 'string' ? error : inspect(error));
  const { name, message, stack, cause } = error;
  const names = NAMES.flatMap((key) =>
    key in error ? [[key, (error as unknown as Record<string, unknown>)[key]]] : [],
  );
  return {
    name,
    ...Object.fromEntries(names),
    message: clean(message),
    ...(stack && { stack: clean(stack) }),
    ...(cause !== undefined && causes > 0 && { cause: loggedError(cause, causes - 1) }),
  };
}

function clean(text: string): string {
  return wellFormed(redact(text));
}

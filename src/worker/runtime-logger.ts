import type { Logger as SdkLogger } from '@temporalio/worker';
import { loggedError } from './logged-error.js';
import { sdkLogger, type LeveledLog } from './sdk-logger.js';

/**
 * A logger of your own for Temporal's `Runtime`: `Runtime.install({ logger: runtimeLogger(log) })`, once per process, before the
 * first worker. It gets what the SDK and Holdfast's workers log, as `holdfast worker` would: nothing of what callers and providers
 * said, and no keys. Errors come as objects, in the field `error`.
 * @param log - pino, or any logger that takes fields and a message
 */
export function runtimeLogger(log: LeveledLog): SdkLogger {
  const shown = ({ error, ...fields }: { readonly error?: unknown }): object =>
    error === undefined ? fields : { ...fields, error: loggedError(error) };
  return sdkLogger({
    trace: (fields, message) => log.trace(shown(fields), message),
    debug: (fields, message) => log.debug(shown(fields), message),
    info: (fields, message) => log.info(shown(fields), message),
    warn: (fields, message) => log.warn(shown(fields), message),
    error: (fields, message) => log.error(shown(fields), message),
  });
}

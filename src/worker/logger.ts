import { makeTelemetryFilterString, Runtime, type RuntimeOptions } from '@temporalio/worker';
import { levels, pino, type DestinationStream, type Logger } from 'pino';
import { loggedError } from './logged-error.js';
import { sdkLogger } from './sdk-logger.js';
import { openSdkMetrics, type SdkMetrics } from './sdk-metrics.js';

/** The log of a process: lines of JSON on standard error. The level is LOG_LEVEL, by default `warn`. */
export function createLog(): Logger {
  const level = process.env['LOG_LEVEL'] || 'warn';
  const known = ['silent', ...Object.keys(levels.values)];
  if (!known.includes(level)) throw new Error(`LOG_LEVEL: expected one of ${known.join(', ')}, got "${level}"`);
  return openLog(level, pino.destination(2));
}

/** A log whose errors say what they are. */
export function openLog(level: string, destination: DestinationStream): Logger {
  return pino({ level, serializers: { error: (error: unknown) => loggedError(error) } }, destination);
}

/**
 * Sends the logs of Temporal's SDK and of the worker to the log of the process, and leaves signals to the worker. Once
 * per process, before any connection is made.
 */
export function installRuntime(log: Logger): void {
  Runtime.install(runtimeOptions(log));
}

/** The same, and counts what the SDK does. Returns what it counted so far, in the text format of Prometheus. */
export async function installRuntimeWithMetrics(log: Logger): Promise<SdkMetrics> {
  const options = runtimeOptions(log);
  return openSdkMetrics((metrics) => {
    Runtime.install({ ...options, telemetryOptions: { ...options.telemetryOptions, metrics } });
  });
}

function runtimeOptions(log: Logger): RuntimeOptions {
  // The SDK's core would write to standard output itself, in a form of its own.
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
  return { logger: sdkLogger(log), shutdownSignals: [], telemetryOptions: { logging } };
}

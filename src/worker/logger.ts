import { makeTelemetryFilterString, Runtime, type RuntimeOptions } from '@temporalio/worker';
import { levels, pino, type DestinationStream, type Logger } from 'pino';
import { loggedError } from './logged-error.js';
import { sdkLogger } from './sdk-logger.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { openSdkMetrics } from '../metrics/sdk-metrics.js';

/** So often a worker tells the server of its slots, for `holdfast workers`. */
const WORKER_TELLS_EVERY = '10s';

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

/** The same, and has the SDK count what it does, among the metrics of the process. */
export async function installRuntimeWithMetrics(log: Logger): Promise<ProcessMetrics> {
  const options = runtimeOptions(log);
  const sdkMetrics = await openSdkMetrics((metrics) => {
    Runtime.install({ ...options, telemetryOptions: { ...options.telemetryOptions, metrics } });
  });
  return new ProcessMetrics(sdkMetrics);
}

function runtimeOptions(log: Logger): RuntimeOptions {
  // The SDK's core would write to standard output itself, in a form of its own.
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) };
  return {
    logger: sdkLogger(log),
    shutdownSignals: [],
    telemetryOptions: { logging },
    workerHeartbeatInterval: WORKER_TELLS_EVERY,
  };
}

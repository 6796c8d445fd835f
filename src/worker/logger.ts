import {
  makeTelemetryFilterString,
  Runtime,
  type Logger as SdkLogger,
  type LogLevel,
  type LogMetadata,
  type RuntimeOptions,
} from '@temporalio/worker';
import { pino, type Level, type Logger } from 'pino';
import { openSdkMetrics, type SdkMetrics } from './sdk-metrics.js';

const LEVELS: Readonly<Record<LogLevel, Level>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** The log of a process: lines of JSON on standard error. The level is LOG_LEVEL, by default `warn`. */
export function createLog(): Logger {
  const level = process.env['LOG_LEVEL'] || 'warn';
  const levels = ['silent', ...Object.values(LEVELS)];
  if (!levels.includes(level)) throw new Error(`LOG_LEVEL: expected one of ${levels.join(', ')}, got "${level}"`);
  return pino({ level }, pino.destination(2));
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

function sdkLogger(log: Logger): SdkLogger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => log[LEVELS[level]](meta ?? {}, message);
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

import { Runtime, type Logger, type LogLevel, type LogMetadata } from '@temporalio/worker';
import { pino, type Level } from 'pino';

const LEVELS: Readonly<Record<LogLevel, Level>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Sends the logs of Temporal's SDK and of the worker to standard error as lines of JSON, and leaves signals to the
 * worker. Once per process, before any connection is made. The level is LOG_LEVEL, by default `warn`.
 */
export function installRuntime(): void {
  const level = process.env['LOG_LEVEL'] || 'warn';
  const levels = ['silent', ...Object.values(LEVELS)];
  if (!levels.includes(level)) throw new Error(`LOG_LEVEL: expected one of ${levels.join(', ')}, got "${level}"`);
  const log = pino({ level }, pino.destination(2));
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => log[LEVELS[level]](meta ?? {}, message);
  const logger: Logger = {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
  Runtime.install({ logger, shutdownSignals: [] });
}

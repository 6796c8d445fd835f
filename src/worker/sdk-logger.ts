import { types } from 'node:util';
import type { Logger as SdkLogger, LogLevel, LogMetadata } from '@temporalio/worker';
import { systemClock, type Clock } from '../clock.js';
import { forgetOldest } from '../core/common/forget-oldest.js';
import { isErrorKind, type ErrorKind } from '../core/errors/error-kinds.js';
import { keyIdIn } from '../encryption/encryption-error.js';
import { KeyNotices } from './key-notices.js';

/** A log that takes fields and a message at each level. */
export type LeveledLog = Readonly<Record<Level, (fields: object, message: string) => void>>;

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

const LEVELS: Readonly<Record<LogLevel, Level>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** What the SDK warns of in a worker that is well: a call that failed says why in its ledger. */
const NO_WARNINGS: Readonly<Record<string, Level>> = { 'Workflow failed': 'info' };

/** What comes of a workflow that failed has lost its type on the way. Only a call's has what a provider said. */
const CALL = 'llmCall';

/** So many calls are named with an error that names none. */
const MAX_RECENT = 10;

/**
 * The SDK's log, and that of workflows and activities, as a part of the process's. When the SDK fails as a whole it does
 * not say over which call: an error without one is logged with those that it worked on last.
 */
export function sdkLogger(log: LeveledLog, clock: Pick<Clock, 'now'> = systemClock): SdkLogger {
  const recent = new Set<string>();
  const notices = new KeyNotices(clock);
  const write = (level: LogLevel, message: string, meta: LogMetadata = {}) => {
    const callId: unknown = meta['workflowId'];
    if (typeof callId === 'string') remember(recent, callId);
    // Tasks have what callers and providers say; so have the errors of calls, whose ledgers tell of them.
    const { error, task: _task, taskEncoded: _encoded, ...rest } = meta;
    const keyId = keyIdIn(error);
    if (keyId !== undefined) {
      const notTold = notices.notTold(keyId);
      if (notTold === null) return;
      log.error({ keyId, notTold, workflowId: callId, error }, 'calls wait for a key of encryption');
      return;
    }
    const lastCallIds = level === 'ERROR' && callId === undefined ? { lastCallIds: [...recent].toReversed() } : {};
    const kind = kindIn(error);
    const isOfCall = meta['workflowType'] === CALL && message in NO_WARNINGS;
    const what = kind !== null ? { kind } : error === undefined || isOfCall ? {} : { error };
    log[NO_WARNINGS[message] ?? LEVELS[level]]({ ...rest, ...what, ...lastCallIds }, message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** The kind of the error with which a call, or an attempt, has failed; null: it is another error. */
function kindIn(error: unknown): ErrorKind | null {
  // It may come from another realm.
  for (let next = error; types.isNativeError(next); next = next.cause) {
    if ('type' in next && isErrorKind(next.type)) return next.type;
  }
  return null;
}

/** The last one is the latest. */
function remember(recent: Set<string>, callId: string): void {
  recent.delete(callId);
  recent.add(callId);
  forgetOldest(recent, MAX_RECENT);
}

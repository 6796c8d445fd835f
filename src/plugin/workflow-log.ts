import type { InjectedSinks, Logger, LogMetadata } from '@temporalio/worker';
import type { Sinks, WorkflowInfo } from '@temporalio/workflow';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** The SDK warns of each workflow that failed. A call says why in its ledger: of one it is information. */
const FAILED = 'Workflow failed';
const OF_HOLDFAST: readonly string[] = ['llmCall', 'llmBatch'];

/** Where the logs of workflows go: to the logger of the process, as the SDK would have them. */
export function workflowLog(logger: Logger): InjectedSinks<Sinks> {
  const levels = LEVELS.map((level) => {
    const fn = ({ workflowType }: WorkflowInfo, message: string, meta?: LogMetadata) => {
      const isNoWarning = message === FAILED && OF_HOLDFAST.includes(workflowType);
      logger[isNoWarning ? 'info' : level](message, meta);
    };
    return [level, { fn }];
  });
  return { defaultWorkerLogger: Object.fromEntries(levels) };
}

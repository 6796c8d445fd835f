import { DefaultLogger } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { expect, test } from 'vitest';
import { workflowLog } from '../../src/plugin/workflow-log.js';

test.each([
  ['a call that failed is no warning', 'llmCall', 'Workflow failed', 'INFO'],
  ['a batch that failed neither', 'llmBatch', 'Workflow failed', 'INFO'],
  ['what a call warns of otherwise is one', 'llmCall', 'something else', 'WARN'],
  ['a workflow of the owner that failed is one', 'ofOwner', 'Workflow failed', 'WARN'],
])('%s', async (_what, workflowType, message, level) => {
  const written: unknown[] = [];
  const logger = new DefaultLogger('TRACE', (entry) => written.push([entry.level, entry.message, entry.meta]));
  const { warn } = workflowLog(logger)['defaultWorkerLogger'] ?? {};
  await warn?.fn({ workflowType } as WorkflowInfo, message, { runId: 'one' });
  expect(written).toEqual([[level, message, { runId: 'one' }]]);
});

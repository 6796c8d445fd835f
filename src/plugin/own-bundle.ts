import { readFile } from 'node:fs/promises';
import type { WorkflowBundleOption } from '@temporalio/worker';

/** The name of a workflow of Holdfast's, which no import of `holdfast/workflow` brings along. */
const OF_HOLDFAST = 'llmBatch';

const WITHOUT =
  'the workflow bundle of this worker has no workflows of Holdfast, so that calls would wait for ever: give HoldfastPlugin to bundleWorkflowCode, too';

/**
 * Looks whether a bundle that was made before was made with the plugin.
 * @throws TypeError
 */
export async function mustHaveHoldfast(bundle: WorkflowBundleOption): Promise<void> {
  const code = 'code' in bundle ? bundle.code : await readFile(bundle.codePath, 'utf8');
  if (!code.includes(OF_HOLDFAST)) throw new TypeError(WITHOUT);
}

import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { interceptors as ofHoldfast } from './interceptors.js';
import * as workflows from './index.js';

/** The interceptors of Holdfast's workflows, in a bundle that has others beside them: those are left as they are. */
export function interceptors(): WorkflowInterceptors {
  return workflowInfo().workflowType in workflows ? ofHoldfast() : {};
}

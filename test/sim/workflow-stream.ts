/** Nobody reads along in the simulator. */
export class WorkflowStream {
  detachPollers(): void {}
}

export const workflowStreamPollUpdate = { kind: 'update', name: 'poll' };

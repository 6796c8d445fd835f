import type { ActivityOptions } from '@temporalio/common';
import { patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { GroupActivityOptions } from '../../core/call/activity-options.js';
import type { CallResult } from '../../core/call/call-types.js';
import { ownPriority } from '../own-priority.js';
import type { GateEnd } from './gate.js';
import type { CallHost } from './call-host.js';

/** How the activities of a call are run by a caller's workflow. */
export type CallersOptions = Pick<ActivityOptions, 'taskQueue' | 'cancellationType' | 'priority'>;

/**
 * A workflow that makes calls among other things: a call has nothing of it but activities. Its handlers, its details, its search
 * attributes and its patches are its own.
 */
export class CallersWorkflow implements CallHost {
  readonly callId: string;
  private readonly prefix: string;
  private readonly options: CallersOptions;

  /** @param prefix - of the ids of the activities: other calls of the workflow may be in the same group */
  constructor(callId: string, prefix: string, options: CallersOptions) {
    this.callId = callId;
    this.prefix = prefix;
    this.options = options;
  }

  callModelGroup({ activityId, ...options }: GroupActivityOptions): Activities['callModelGroup'] {
    const { callModelGroup } = proxyActivities<Activities>({
      ...options,
      ...this.options,
      priority: ownPriority(this.options.priority),
      activityId: `${this.prefix}/${activityId}`,
    });
    return callModelGroup;
  }

  runGroup<T>(_group: string, run: () => Promise<T>): Promise<T> {
    return run();
  }

  takeAction(): null {
    return null;
  }

  takeNotes(): readonly [] {
    return [];
  }

  /** A call whose plan has gates is refused before. */
  waitAtGate(): Promise<GateEnd> {
    return Promise.reject(new Error('a call as activities of a workflow waits at no gate'));
  }

  /** Whoever cancels the call asks it nothing: what its group had told is in the event of the activity. */
  toldAtCancel(): null {
    return null;
  }

  /** Nobody else answers the tasks of the workflow. */
  async givenProgress(): Promise<null> {
    return null;
  }

  list(): void {}

  publish(): void {}

  show(): void {}

  toEnd(run: () => Promise<CallResult>): Promise<CallResult> {
    return run();
  }

  async settled(): Promise<void> {}

  isPatched(change: string): boolean {
    return patched(`holdfast/${change}`);
  }
}

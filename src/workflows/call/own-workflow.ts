import { patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { GroupActivityOptions } from '../../core/call/activity-options.js';
import type { CallHistory, CallResult } from '../../core/call/call-types.js';
import type { GateProgress } from '../../core/call/gate.js';
import type { LedgerEntry } from '../../core/ledger/ledger.js';
import type { GroupProgress } from '../../core/retries/progress.js';
import { ownPriority } from '../own-priority.js';
import { listItself, mustListItself, publishFacts, showLedger, type CallFacts } from '../visibility.js';
import { CallControl, type ControlledCall, type TakingAction } from './call-control.js';
import type { CallHost, HostedCall, ListedCall } from './call-host.js';
import { CallWebhooks } from './call-webhooks.js';
import { readGivenProgress } from './given-progress.js';
import { waitAtGate, type GateEnd, type GateWait } from './gate.js';
import { watchProgressAtCancel } from './progress-at-cancel.js';

/** The workflow `llmCall`: it takes actions, tells webhooks, waits at gates, and is in the list of calls. */
export class OwnWorkflow implements CallHost {
  private readonly progressAtCancel = watchProgressAtCancel();
  private readonly webhooks: CallWebhooks;
  private readonly control: CallControl;

  /** @param planAnew - resolves the plan of the call again, for another model where one is given */
  constructor({ told, ...call }: HostedCall, planAnew: ControlledCall['planAnew']) {
    this.webhooks = new CallWebhooks(told);
    this.control = new CallControl({ ...call, planAnew, paused: (input) => this.webhooks.paused(input) });
  }

  callModelGroup(options: GroupActivityOptions): Activities['callModelGroup'] {
    return proxyActivities<Activities>({ ...options, priority: ownPriority() }).callModelGroup;
  }

  runGroup<T>(group: string, run: () => Promise<T>): Promise<T> {
    return Promise.race([this.control.runGroup(group, run), this.progressAtCancel.isIdle]);
  }

  takeAction(): TakingAction | null {
    return this.control.takeAction();
  }

  takeNotes(): readonly LedgerEntry[] {
    return this.control.takeNotes();
  }

  waitAtGate(gate: GateProgress, wait: GateWait): Promise<GateEnd> {
    this.webhooks.gated(gate);
    return waitAtGate(gate, wait, this);
  }

  toldAtCancel(): GroupProgress | null {
    return this.progressAtCancel.told();
  }

  givenProgress(): Promise<GroupProgress | null> {
    return readGivenProgress();
  }

  list({ group, line, isGroupListed }: ListedCall): void {
    if (mustListItself()) listItself(group, line);
    else if (!isGroupListed) publishFacts({ group });
  }

  publish(facts: CallFacts): void {
    publishFacts(facts);
  }

  show(history: CallHistory): void {
    showLedger(history);
  }

  toEnd(run: () => Promise<CallResult>): Promise<CallResult> {
    return this.webhooks.toEnd(run);
  }

  settled(): Promise<void> {
    return this.control.settled();
  }

  isPatched(change: string): boolean {
    return patched(change);
  }
}

import { ApplicationFailure } from '@temporalio/common';
import { isCancellation, workflowInfo } from '@temporalio/workflow';
import { isoTime } from '../../core/common/iso-time.js';
import type { ActionInput } from '../../core/call/call-actions.js';
import type { CallFailure, CallResult } from '../../core/call/call-types.js';
import type { GateProgress } from '../../core/call/gate.js';
import type { WebhookEvent, WebhookTargets } from '../../core/plan/webhooks.js';
import { Webhooks } from '../webhooks.js';

/** What a call is, at the time that it is told of. */
export interface ToldCall {
  readonly targets: WebhookTargets | undefined;
  readonly group: string;
  readonly attempts: number;
  readonly fallbacks: number;
  /** The end of a row is its batch's to tell. */
  readonly isRow: boolean;
}

/** Tells webhooks what happens to a call. */
export class CallWebhooks {
  private readonly webhooks = new Webhooks();
  private readonly now: () => ToldCall;

  constructor(now: () => ToldCall) {
    this.now = now;
  }

  gated({ group, gate: { from, kind, untilMs, onTimeout } }: GateProgress): void {
    const path = pathOf(workflowInfo().workflowId);
    const links = { call: path, approve: `${path}/approve`, deny: `${path}/deny` };
    this.tell('call.gated', { state: 'gated', group, from, kind, until: isoTime(untilMs), onTimeout, links });
  }

  paused({ by }: ActionInput): void {
    this.tell('call.paused', { state: 'paused', by });
  }

  /** Runs the call to its end, and tells of that. */
  async toEnd(run: () => Promise<CallResult>): Promise<CallResult> {
    try {
      const result = await run();
      this.ended({ state: 'answered', kind: null, status: null });
      return result;
    } catch (error) {
      this.ended(endOf(error));
      throw error;
    } finally {
      await this.webhooks.begun();
    }
  }

  private ended(end: object): void {
    if (!this.now().isRow) this.tell('call.ended', { ...end });
  }

  private tell(event: WebhookEvent, more: Readonly<Record<string, unknown>>): void {
    const { targets, isRow: _, ...known } = this.now();
    const { workflowId: callId, runId } = workflowInfo();
    this.webhooks.tell(targets, event, { callId, runId, ...known, links: { call: pathOf(callId) }, ...more });
  }
}

/** Of the gateway. */
function pathOf(callId: string): string {
  return `/holdfast/calls/${encodeURIComponent(callId)}`;
}

function endOf(error: unknown) {
  if (isCancellation(error)) return { state: 'cancelled', kind: 'CancelledError', status: null };
  const told =
    error instanceof ApplicationFailure ? (error.details?.[0] as Partial<CallFailure> | undefined) : undefined;
  return { state: 'failed', kind: told?.kind ?? null, status: told?.status ?? null };
}

import type { PayloadConverter } from '@temporalio/common';
import { redactedMessage } from '../core/common/redact.js';
import { checkedIn, checkedPayload, withChecks, withoutChecks } from '../temporal/claim-check.js';
import { payloadConverter as ofAll } from '../temporal/json-converter.js';

/** What came in a payload that cannot be read: of an unknown encoding, or broken. */
export class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/**
 * Reads what workflows are given. Anybody who reaches Temporal can send them anything, and where the SDK's own converter
 * throws, the workflow task fails over and over; a workflow that gets an `Unreadable` ends, and says why. What is large, and is only
 * handed on, is there as claim checks.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => {
    const checked = withoutChecks(value);
    return checked === null ? ofAll.toPayload(value) : checkedPayload(checked);
  },
  fromPayload: <T>(payload: Parameters<PayloadConverter['fromPayload']>[0]): T => {
    try {
      const checked = checkedIn(payload);
      return checked === null ? ofAll.fromPayload<T>(payload) : (withChecks(checked) as T);
    } catch (error) {
      return new Unreadable(redactedMessage(error instanceof Error ? error.message : String(error))) as T;
    }
  },
};

import type { PayloadConverter } from '@temporalio/common';
import { redactedMessage } from '../core/common/redact.js';
import { payloadConverter as ofAll } from '../temporal/payload-converter.js';

/** What came in a payload that cannot be read: of an unknown encoding, or broken. */
export class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/**
 * Reads what workflows are given. Anybody who reaches Temporal can send them anything, and where the SDK's own converter
 * throws, the workflow task fails over and over; a workflow that gets an `Unreadable` ends, and says why.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => ofAll.toPayload(value),
  fromPayload: <T>(payload: Parameters<PayloadConverter['fromPayload']>[0]): T => {
    try {
      return ofAll.fromPayload<T>(payload);
    } catch (error) {
      return new Unreadable(redactedMessage(error instanceof Error ? error.message : String(error))) as T;
    }
  },
};

import type { PayloadCodec, PayloadConverter } from '@temporalio/common';
import { encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { Clock } from '../clock.js';
import { isSurelyWithin } from '../core/common/json-bytes.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Stores what a workflow is about to be given, before that: for as long as it takes, or until the signal fires. Never fails. */
export type KeepPayload = (value: unknown, workflowId: string, signal: AbortSignal) => Promise<void>;

interface KeepDeps {
  /** As whoever returns it has them. */
  readonly payloadConverter: PayloadConverter;
  readonly codecs: PayloadCodec[];
  readonly namespace: string;
  /** A smaller payload goes to no storage. */
  readonly leastBytes: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

/**
 * What an activity returns is encoded after its last heartbeat, in one try: a storage that is away then would cost the answer,
 * which is paid. So what is large is stored before, while the activity goes on, and found there afterwards.
 */
export function createKeepPayload({ payloadConverter, codecs, namespace, leastBytes, clock }: KeepDeps): KeepPayload {
  return async (value, workflowId, signal) => {
    if (isSurelyWithin(value, leastBytes)) return;
    const payload = payloadConverter.toPayload(value);
    const context = { type: 'activity', namespace, workflowId, isLocal: false } as const;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await encode(codecs, [payload], context);
        return;
      } catch (error) {
        // Any other is the business of whoever encodes it afterwards.
        if (!(error instanceof ExternalStorageError)) return;
      }
      await clock.sleep(pauseMs, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  };
}

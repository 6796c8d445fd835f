import type { LoadedDataConverter, Payload } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';
import { fieldsOf } from '../core/common/fields.js';
import { isProgress, type GroupProgress } from '../core/retries/progress.js';

/** What the input of a call, or of the activity of its first group, tells of an attempt that was made before; null: nothing. */
export async function firstIn(
  converter: LoadedDataConverter,
  input: temporal.api.common.v1.IPayloads | null | undefined,
): Promise<GroupProgress | null> {
  const payloads = input?.payloads as Payload[] | null | undefined;
  const { first } = fieldsOf(
    payloads?.length ? await decodeFromPayloadsAtIndex<unknown>(converter, 0, payloads) : null,
  );
  return isProgress(first) ? first : null;
}

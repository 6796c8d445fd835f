import type { RowRef } from '../core/call/row-source.js';
import type { Operation } from '../core/common/operations.js';
import type { RawRequest } from '../core/plan/request.js';
import type { RequestSettings } from '../core/plan/settings.js';

/** A row that was read: the call that it asks for. */
export interface BatchRow extends RowRef {
  readonly operation: Operation;
  /** The row's body over the batch's settings: its own settings win. */
  readonly request: RawRequest;
  /** What of it are settings, as they were read when it was checked. */
  readonly settings: RequestSettings;
}

import { refusedGroup } from '../core/plan/allowed-groups.js';
import type { AllowedRows } from '../core/batch/batch.js';
import { OPERATIONS } from '../core/common/operations.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import type { RowCall } from './check-row.js';

/** What whoever started a batch has against a row: it asks for more than it may. */
export function permittedCall(
  routing: RoutingConfig,
  allowed: AllowedRows | undefined,
): (call: RowCall) => string | null {
  if (allowed === undefined) return () => null;
  const { operation, groups } = allowed;
  return (call) => {
    if (call.operation !== operation) {
      return `url: the batch is for /v1${OPERATIONS[operation].path}, and this row for /v1${OPERATIONS[call.operation].path}`;
    }
    const refused = refusedGroup(groups, call, routing);
    return refused === null ? null : `body.model: the batch may not ask for model group ${JSON.stringify(refused)}`;
  };
}

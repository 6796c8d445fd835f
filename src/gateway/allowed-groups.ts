import { checkCall } from '../config/index.js';
import { refusedGroup } from '../core/plan/allowed-groups.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import type { Caller } from './callers.js';
import type { IncomingCall } from './incoming-call.js';
import { Refusal } from './refusal.js';

/** Refuses a call that names a group which its caller may not ask for, as its model or as a fallback. */
export function mustBeAllowed(caller: Caller, { operation, request }: IncomingCall, routing: RoutingConfig): void {
  if (caller.models === undefined) return;
  const checked = checkCall(operation, request);
  // What is wrong with it is told when it is started.
  if (checked.problem !== null) return;
  const refused = refusedGroup(caller.models, checked, routing);
  if (refused === null) return;
  throw new Refusal({
    kind: 'PermissionDeniedError',
    message: `key ${caller.id} may not ask for model group ${JSON.stringify(refused)}`,
    admission: 'model group',
  });
}

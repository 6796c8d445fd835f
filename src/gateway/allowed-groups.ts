import { checkCall } from '../config/index.js';
import type { FallbackRule, RequestSettings, RoutingConfig } from '../core/settings.js';
import { matchWildcard } from '../core/wildcards.js';
import type { Caller } from './callers.js';
import type { IncomingCall } from './incoming-call.js';
import { Refusal } from './refusal.js';

/** Whether a caller may ask for a group: by its name, by that of its target, or by a wildcard. */
export function isAllowed({ models }: Caller, group: string, { aliases }: RoutingConfig): boolean {
  if (models === undefined) return true;
  const names = [group, ...(Object.hasOwn(aliases, group) ? [aliases[group] ?? group] : [])];
  return models.some((allowed) => names.some((name) => matchWildcard(allowed, name) !== null));
}

/**
 * Refuses a call that names a group which its caller may not ask for, as its model or as a fallback. Fallbacks of the
 * config are the operator's choice, and always allowed.
 */
export function mustBeAllowed(caller: Caller, { operation, request }: IncomingCall, routing: RoutingConfig): void {
  if (caller.models === undefined) return;
  const checked = checkCall(operation, request);
  // What is wrong with it is told when it is started.
  if (checked.problem !== null) return;
  const refused = [checked.model, ...fallbackGroups(checked.settings)].find(
    (group) => !isAllowed(caller, group, routing),
  );
  if (refused === undefined) return;
  throw new Refusal({
    kind: 'PermissionDeniedError',
    message: `key ${caller.id} may not ask for model group ${JSON.stringify(refused)}`,
  });
}

function fallbackGroups(settings: RequestSettings): string[] {
  const lists: (readonly FallbackRule[] | undefined)[] = [
    settings.fallbacks,
    settings.contextWindowFallbacks,
    settings.contentPolicyFallbacks,
  ];
  return lists.flatMap((rules = []) => rules.flatMap(({ entries }) => entries.map(({ group }) => group)));
}

import { ownProperty } from '../common/own-property.js';
import type { FallbackRule, RequestSettings, RoutingConfig } from './settings.js';
import { matchWildcard } from './wildcards.js';

/** The groups that may be asked for, also by wildcards; undefined: all. */
export type AllowedGroups = readonly string[] | undefined;

type Aliases = Pick<RoutingConfig, 'aliases'>;

/** Whether a group may be asked for: by its name, by that of its target, or by a wildcard. */
export function isAllowed(allowed: AllowedGroups, group: string, { aliases }: Aliases): boolean {
  if (allowed === undefined) return true;
  const names = [group, ownProperty(aliases, group) ?? group];
  return allowed.some((pattern) => names.some((name) => matchWildcard(pattern, name) !== null));
}

/**
 * The first group that a call names, as its model or as a fallback, and may not ask for; null: there is none. Fallbacks
 * of the config are the operator's choice, and always allowed.
 */
export function refusedGroup(
  allowed: AllowedGroups,
  { model, settings }: { readonly model: string; readonly settings: RequestSettings },
  routing: Aliases,
): string | null {
  if (allowed === undefined) return null;
  return [model, ...fallbackGroups(settings)].find((group) => !isAllowed(allowed, group, routing)) ?? null;
}

function fallbackGroups(settings: RequestSettings): string[] {
  const lists: (readonly FallbackRule[] | undefined)[] = [
    settings.fallbacks,
    settings.contextWindowFallbacks,
    settings.contentPolicyFallbacks,
  ];
  return lists.flatMap((rules = []) => rules.flatMap(({ entries }) => entries.map(({ group }) => group)));
}

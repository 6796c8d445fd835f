import { specificRule, wildcardRule } from '../fallbacks/fallback-lookup.js';

/** A fallback as a config has it: the name of a group, or a group with what changes for it. */
export type Fallback = string | { readonly model: string; readonly [field: string]: unknown };

/** Fallbacks by group: `{ fast: ['smart'] }`. The group `"*"` means every group without fallbacks of its own. */
export type FallbacksByGroup = Readonly<Record<string, Fallback | readonly Fallback[] | undefined>>;

/**
 * The fallbacks of a group in a list such as `router_settings.fallbacks`: those under its name; then without the
 * provider's prefix, on either side (`openai/gpt-4o`, `gpt-4o`); then without the version in the group's name
 * (`gpt-4o-2024-08-06`); then those of `"*"`. The first that match are all: lists are not joined.
 * @param group - its name; or its names, an alias first, then its target
 * @returns the fallbacks as they are written; none: an empty list
 */
export function fallbackGroupsFor(
  fallbacks: readonly FallbacksByGroup[],
  group: string | readonly string[],
): readonly Fallback[] {
  const names = typeof group === 'string' ? [group] : group;
  const written = fallbacks
    .flatMap((byGroup) => Object.entries(byGroup))
    .flatMap(([key, groups]) => (groups === undefined ? [] : [{ key, groups }]));
  const rules = written.map(({ key }) => ({ key, entries: [] }));
  const rule = specificRule(rules, names) ?? wildcardRule(rules);
  return written.flatMap(({ groups }, index) => (rules[index] === rule ? groups : []));
}

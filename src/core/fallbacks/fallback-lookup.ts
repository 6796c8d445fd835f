import type { FallbackRule } from '../plan/settings.js';

export const WILDCARD = '*';

/** The key of a plain list, which a request may have: it serves every group as a list of its own would. */
export const PLAIN = '';

/** `openai/gpt-4o` → `gpt-4o`; a name without a provider prefix stays. */
export function withoutProvider(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** Version suffixes: `-2024-08-06`, `-20241022`, `@20241022`, `-0613`, `-002`, `-latest`. */
const VERSION_SUFFIX = /(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8}|-(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|-00\d|-latest)$/;

/** `gpt-4o-2024-08-06` → `gpt-4o`; a name without a version suffix stays. */
export function withoutVersion(name: string): string {
  return name.replace(VERSION_SUFFIX, '');
}

/** The stages of a lookup, in order: the first that matches wins. A version is never cut from the key. */
const STAGES: readonly ((name: string, key: string) => boolean)[] = [
  (name, key) => key === name,
  (name, key) => sameButForProvider(name, key),
  (name, key) => key === withoutVersion(name) || sameButForProvider(withoutVersion(name), key),
];

/** A provider prefix on one side only: `openai/x` and `azure/x` are different groups. */
function sameButForProvider(name: string, key: string): boolean {
  return withoutProvider(name) === key || withoutProvider(key) === name;
}

/**
 * The rule made for a group: exact, then without provider prefix on either side, then without version suffix.
 * `names` are the group's names, most specific first: an alias goes through all stages before its target does. A plain
 * list is for every group that is not named. Null when only `"*"` could serve it.
 */
export function specificRule(rules: readonly FallbackRule[], names: readonly string[]): FallbackRule | null {
  const named = rules.filter(({ key }) => key !== WILDCARD && key !== PLAIN);
  for (const name of names) {
    for (const matches of STAGES) {
      const rule = named.find(({ key }) => matches(name, key));
      if (rule !== undefined) return rule;
    }
  }
  return rules.find(({ key }) => key === PLAIN) ?? null;
}

/** The `"*"` rule of a list, or null. */
export function wildcardRule(rules: readonly FallbackRule[]): FallbackRule | null {
  return rules.find(({ key }) => key === WILDCARD) ?? null;
}

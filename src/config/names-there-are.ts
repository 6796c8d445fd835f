import { isAllowed, type AllowedGroups } from '../core/plan/allowed-groups.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { closestFirst, didYouMean } from './findings/nearest.js';

/** Of each kind, so many names are told. */
const MOST_NAMES = 20;

interface ToldNames {
  /** The groups that whoever is told may ask for. @default all */
  readonly allowed?: AllowedGroups;
  /** What there is besides, by what it is. @default nothing */
  readonly others?: Readonly<Record<string, readonly string[]>>;
}

/** Of a name that a config has not: what it seems to mean, and what there is, the closest first. Hidden aliases are told to nobody. */
export function namesThereAre(name: string, routing: RoutingConfig, { allowed, others = {} }: ToldNames = {}): string {
  const { groups, wildcards, aliases, hiddenAliases = [] } = routing;
  const isTold = (group: string) => isAllowed(allowed, group, routing) && !hiddenAliases.includes(group);
  const there = {
    'model groups': Object.keys({ ...groups, ...wildcards }).filter(isTold),
    aliases: Object.keys(aliases).filter(isTold),
    ...others,
  };
  const lists = Object.entries(there)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind}: ${listed(closestFirst(name, names), aliases)}`);
  if (lists.length === 0) return '';
  return `${didYouMean(name, Object.values(there).flat())} There are ${lists.join('; ')}`;
}

function listed(names: readonly string[], aliases: RoutingConfig['aliases']): string {
  const told = names.slice(0, MOST_NAMES).map((name) => {
    return Object.hasOwn(aliases, name) ? `${name} (alias of ${aliases[name]})` : name;
  });
  const more = names.length - told.length;
  return told.join(', ') + (more > 0 ? `, and ${more} more` : '');
}

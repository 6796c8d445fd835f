import type { Finding } from '../config/index.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { printable } from './printable.js';

/** Every name that a request may use, an alias with its target. */
export function groupNames({ groups, wildcards, aliases }: RoutingConfig): string {
  return [
    ...Object.keys({ ...groups, ...wildcards }),
    ...Object.entries(aliases).map(([alias, target]) => `${alias} (alias of ${target})`),
  ].join(', ');
}

/** What its author should know of a config that works, on standard error. */
export function printNotes(file: string, notes: readonly Finding[]): void {
  for (const note of notes) console.error(`holdfast: note: ${file}: ${findingLine(note)}`);
}

export function findingLine({ path, message }: Finding): string {
  return printable(path === '' ? message : `${path}: ${message}`);
}

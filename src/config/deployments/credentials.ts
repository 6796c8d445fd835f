import { deploymentParams } from '../schema/deployment-schema.js';
import { didYouMean } from '../findings/nearest.js';
import type { Path } from '../findings/path.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';
import { sortKeys, type SortedKeys } from '../sections/sort-keys.js';
import { name } from '../schema/values.js';

/** Finds the parameters of a credential; none, and a problem at the path, for an unknown one. */
export type Credentials = (wanted: string, path: Path) => SortedKeys;

const NOTHING: SortedKeys = { known: {}, others: {} };

/** `credential_list`. The variables of a credential need to be set only if a deployment uses it. */
export function readCredentials(list: unknown, context: Context): Credentials {
  const { findings } = context;
  const path = ['credential_list'];
  const unread = new Map<string, { values: unknown; path: Path }>();
  const read = new Map<string, SortedKeys>();
  if (list !== undefined && list !== null && !Array.isArray(list)) findings.problem(path, 'expected a list');
  for (const [index, item] of (Array.isArray(list) ? list : []).entries()) {
    const at = [...path, index];
    if (!isObject(item)) {
      findings.problem(at, 'expected an object with credential_name and credential_values');
      continue;
    }
    const { known } = sortKeys('credential_list', item, at, findings);
    const credential = findings.read(name, known['credential_name'], [...at, 'credential_name']);
    if (credential === undefined) continue;
    // As in LiteLLM, the first of a name counts.
    if (unread.has(credential)) {
      findings.note([...at, 'credential_name'], 'a second credential of this name is not used');
    } else unread.set(credential, { values: known['credential_values'], path: [...at, 'credential_values'] });
  }
  return (wanted, at) => {
    const before = read.get(wanted);
    if (before !== undefined) return before;
    const found = unread.get(wanted);
    if (found === undefined) {
      findings.problem(at, `there is no such credential in credential_list.${didYouMean(wanted, unread.keys())}`);
    }
    const params = found === undefined ? NOTHING : readParams(found.values, found.path, context);
    read.set(wanted, params);
    return params;
  };
}

/** Parameters that stand for those which a deployment does not set itself; none where one of them is wrong. */
export function readParams(value: unknown, path: Path, context: Context): SortedKeys {
  const params = readSection('litellm_params', value, path, context);
  return context.findings.read(deploymentParams, params.known, path) === undefined ? NOTHING : params;
}

/** The parameters of several layers, the first of which wins. */
export function layered(...layers: readonly SortedKeys[]): SortedKeys {
  const merged = (part: keyof SortedKeys) =>
    Object.fromEntries(layers.toReversed().flatMap((layer) => Object.entries(layer[part])));
  return { known: merged('known'), others: merged('others') };
}

import { GENERAL_KEYS } from './known-keys/general.js';
import { LITELLM_KEYS } from './known-keys/litellm.js';
import { DEPLOYMENT_KEYS, MODEL_INFO_KEYS, MODEL_KEYS } from './known-keys/model.js';
import { ROUTER_KEYS } from './known-keys/router.js';
import { TOP_KEYS } from './known-keys/top.js';
import type { KeyRow } from './known-keys/row.js';

/** Every key that a config may have, by section. The one place that knows them. */
export const KNOWN_KEYS = {
  '': TOP_KEYS,
  router_settings: ROUTER_KEYS,
  litellm_settings: LITELLM_KEYS,
  model_list: MODEL_KEYS,
  litellm_params: DEPLOYMENT_KEYS,
  model_info: MODEL_INFO_KEYS,
  general_settings: GENERAL_KEYS,
} as const satisfies Record<string, Readonly<Record<string, KeyRow>>>;

export type Section = keyof typeof KNOWN_KEYS;

/** The row of a key. A row whose key ends with `*` stands for all keys that begin like it. */
export function rowOf(section: Section, key: string): KeyRow | null {
  const rows: Readonly<Record<string, KeyRow>> = KNOWN_KEYS[section];
  if (Object.hasOwn(rows, key)) return rows[key] ?? null;
  const pattern = Object.keys(rows).find((known) => known.endsWith('*') && key.startsWith(known.slice(0, -1)));
  return pattern === undefined ? null : (rows[pattern] ?? null);
}

/** Other sections that know the key, for people who put it in the wrong one. */
export function sectionsWith(key: string): Section[] {
  return (Object.keys(KNOWN_KEYS) as Section[]).filter((section) => Object.hasOwn(KNOWN_KEYS[section], key));
}

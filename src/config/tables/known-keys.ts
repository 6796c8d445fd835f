import { API_KEY_KEYS } from './known-keys/api-key.js';
import { GENERAL_KEYS } from './known-keys/general.js';
import { LITELLM_KEYS } from './known-keys/litellm.js';
import { DEPLOYMENT_KEYS, MODEL_INFO_KEYS, MODEL_KEYS } from './known-keys/model.js';
import { ALLOWED_FAILS_KEYS, RETRY_POLICY_KEYS } from './known-keys/policies.js';
import { ROUTER_KEYS } from './known-keys/router.js';
import {
  CREDENTIAL_KEYS,
  ENCRYPTION_KEY_KEYS,
  ENCRYPTION_KEYS,
  EXTERNAL_STORAGE_KEYS,
  TOP_KEYS,
  WEBHOOK_KEYS,
} from './known-keys/top.js';
import { matchWildcard } from '../../core/plan/wildcards.js';
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
  api_keys: API_KEY_KEYS,
  credential_list: CREDENTIAL_KEYS,
  encryption: ENCRYPTION_KEYS,
  encryption_keys: ENCRYPTION_KEY_KEYS,
  external_storage: EXTERNAL_STORAGE_KEYS,
  webhooks: WEBHOOK_KEYS,
  retry_policy: RETRY_POLICY_KEYS,
  allowed_fails_policy: ALLOWED_FAILS_KEYS,
} as const satisfies Record<string, Readonly<Record<string, KeyRow>>>;

export type Section = keyof typeof KNOWN_KEYS;

/** The row of a key. A `*` in a row's key stands for any text. */
export function rowOf(section: Section, key: string): KeyRow | null {
  const rows: Readonly<Record<string, KeyRow>> = KNOWN_KEYS[section];
  if (Object.hasOwn(rows, key)) return rows[key] ?? null;
  const pattern = Object.keys(rows).find((known) => known.includes('*') && matchWildcard(known, key) !== null);
  return pattern === undefined ? null : (rows[pattern] ?? null);
}

/** The keys of a section that have an effect. */
export function honouredKeysOf(section: Section): string[] {
  return Object.keys(KNOWN_KEYS[section]).filter((key) => rowOf(section, key)?.status === 'honoured');
}

/** Sections whose keys are words that mean something else nearly everywhere. */
const OWN_WORDS: readonly Section[] = ['api_keys', 'encryption', 'encryption_keys', 'external_storage', 'webhooks'];

/** The sections in which a key has an effect, for people who put it in the wrong one. */
export function sectionsWith(key: string): Section[] {
  const sections = (Object.keys(KNOWN_KEYS) as Section[]).filter((section) => !OWN_WORDS.includes(section));
  return sections.filter(
    (section) => Object.hasOwn(KNOWN_KEYS[section], key) && rowOf(section, key)?.status === 'honoured',
  );
}

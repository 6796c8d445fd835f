import type { ConfiguredKey } from '../schema/loaded-config.js';
import { encryptionKey } from '../schema/encryption-schema.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';
import { readSecretEntries } from '../sections/read-secret-entries.js';

const SECTION = 'encryption';
const KEYS = 'keys';

interface Encryption {
  /** The first is for new data. None: nothing is encrypted. */
  readonly keys: readonly ConfiguredKey[];
  /** As texts, to keep them out of messages. */
  readonly secrets: readonly string[];
}

/** `encryption`: the keys of what lies in Temporal and in storage. */
export function readEncryption(section: unknown, context: Context): Encryption {
  if (section === undefined) return { keys: [], secrets: [] };
  const entries = isObject(section) ? (section as Record<string, unknown>)[KEYS] : undefined;
  readSection(SECTION, isObject(section) ? { ...section, [KEYS]: [] } : section, [SECTION], context);
  if (!Array.isArray(entries) || entries.length === 0) {
    context.findings.problem([SECTION, KEYS], 'expected a list of keys, at least one: [{ id, key }]');
    return { keys: [], secrets: [] };
  }
  const path = [SECTION, KEYS] as const;
  const expected = 'expected an object with id and key';
  const list = {
    section: `${SECTION}_${KEYS}`,
    path,
    schema: encryptionKey,
    name: 'id',
    secret: 'key',
    expected,
  } as const;
  const { entries: keys, secrets } = readSecretEntries(entries, list, context);
  return { keys, secrets };
}

import { isReference } from '../findings/environment.js';
import type { ConfiguredKey } from '../schema/loaded-config.js';
import { encryptionKey } from '../schema/encryption-schema.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';

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
  // Each entry resolves its own variables.
  const entries = isObject(section) ? (section as Record<string, unknown>)[KEYS] : undefined;
  readSection(SECTION, isObject(section) ? { ...section, [KEYS]: [] } : section, [SECTION], context);
  if (!Array.isArray(entries) || entries.length === 0) {
    context.findings.problem([SECTION, KEYS], 'expected a list of keys, at least one: [{ id, key }]');
    return { keys: [], secrets: [] };
  }
  const secrets: string[] = [];
  const keys = entries.flatMap((entry: unknown, index) => readKey(entry, [SECTION, KEYS, index], context, secrets));
  for (const [index, { id }] of keys.entries()) {
    const first = keys.findIndex((other) => other.id === id);
    if (first === index) continue;
    context.findings.problem([SECTION, KEYS, index, 'id'], `the same as that of ${KEYS}[${first}]`);
  }
  return { keys, secrets };
}

function readKey(
  entry: unknown,
  path: readonly PropertyKey[],
  context: Context,
  secrets: string[],
): readonly ConfiguredKey[] {
  if (!isObject(entry)) {
    context.findings.problem(path, 'expected an object with id and key');
    return [];
  }
  const { known } = readSection(`${SECTION}_${KEYS}`, entry, path, context);
  // Its variable is not set, which has been told.
  if (isReference('key' in entry ? entry.key : undefined) && known['key'] === null) return [];
  const read = context.findings.read(encryptionKey, known, path);
  if (read === undefined) return [];
  secrets.push(String(known['key']));
  return [read];
}

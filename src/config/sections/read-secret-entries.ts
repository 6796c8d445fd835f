import type { z } from 'zod';
import { isReference } from '../findings/environment.js';
import type { Section } from '../tables/known-keys.js';
import { type Context, isObject, readSection } from './read-section.js';

/** A list of which each entry has a name, which no other has, and a secret. */
interface SecretList<T> {
  /** Of an entry. */
  readonly section: Section;
  readonly path: readonly [...PropertyKey[], string];
  readonly schema: z.ZodType<T>;
  readonly name: keyof T & string;
  readonly secret: string;
  /** What an entry is, in words. */
  readonly expected: string;
}

interface SecretEntries<T> {
  readonly entries: readonly T[];
  /** As texts, to keep them out of messages. */
  readonly secrets: readonly string[];
}

/** Each entry resolves its own variables. One that cannot be read is left out, which is told. */
export function readSecretEntries<T>(
  list: readonly unknown[],
  { section, path, schema, name, secret, expected }: SecretList<T>,
  context: Context,
): SecretEntries<T> {
  const { findings } = context;
  const secrets: string[] = [];
  const entries = list.flatMap((entry, index): T[] => {
    const place = [...path, index];
    if (!isObject(entry)) {
      findings.problem(place, expected);
      return [];
    }
    const { known } = readSection(section, entry, place, context);
    // Its variable is not set, which has been told.
    if (isReference(Reflect.get(entry, secret)) && known[secret] === null) return [];
    const read = findings.read(schema, known, place);
    if (read === undefined) return [];
    secrets.push(String(known[secret]));
    return [read];
  });
  for (const [index, entry] of entries.entries()) {
    const first = entries.findIndex((other) => other[name] === entry[name]);
    if (first < index) findings.problem([...path, index, name], `the same as that of ${String(path.at(-1))}[${first}]`);
  }
  return { entries, secrets };
}

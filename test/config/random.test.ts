import fc from 'fast-check';
import { parse as parseYaml, stringify } from 'yaml';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig, parseRequest } from '../../src/config/index.js';
import { KNOWN_KEYS } from '../../src/config/known-keys.js';
import { POLICY_FIELDS } from '../../src/core/error-kinds.js';
import { resolvePlan } from '../../src/core/resolve-plan.js';
import { REFUSED_KEYS, SETTING_KEYS } from '../../src/core/request.js';

/** Quotes and backslashes look different in JSON: the middle looks the same everywhere. */
const SECRET = 'planted-"Zq7private\\text';
const MIDDLE = 'Zq7private';
const env = { PLANTED: SECRET, OPENAI_API_KEY: SECRET };

const keys = fc.oneof(
  fc.constantFrom(...Object.values(KNOWN_KEYS).flatMap((section) => Object.keys(section))),
  fc.constantFrom(...POLICY_FIELDS, ...SETTING_KEYS, ...REFUSED_KEYS, 'a', 'b', '*', 'model', 'messages', 'role'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'num_retires', ''),
  fc.string(),
);

const leaves = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '3', 'a', 'b', 'openai/m', 'os.environ/PLANTED', 'os.environ/NONE'),
  fc.constantFrom<unknown>(SECRET, 'http://h/v1', Number.NaN, Infinity, 1e300, '1e9', [], {}),
  fc.string(),
  fc.double(),
);

const junk = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 6 }),
  ),
})).value;

const example: unknown = parseYaml(readFileSync(join(import.meta.dirname, '../../holdfast.example.yaml'), 'utf8'));

interface Mutation {
  readonly at: number;
  readonly how: 'replace' | 'rename' | 'add' | 'remove';
  readonly key: string;
  readonly value: unknown;
}

const mutations = fc.array(
  fc.record<Mutation>({
    at: fc.nat(200),
    how: fc.constantFrom('replace', 'rename', 'add', 'remove'),
    key: keys,
    value: junk,
  }),
  { minLength: 1, maxLength: 4 },
);

/** The example with a key planted, changed in a few places. */
function mutated(changes: readonly Mutation[]): unknown {
  const root = JSON.parse(
    JSON.stringify(example).replaceAll('"os.environ/OPENAI_API_KEY"', () => JSON.stringify(SECRET)),
  ) as object;
  for (const { at, how, key, value } of changes) {
    const places: [parent: Record<string, unknown>, key: string][] = [];
    const walk = (parent: object) => {
      for (const [name, child] of Object.entries(parent)) {
        places.push([parent as Record<string, unknown>, name]);
        if (typeof child === 'object' && child !== null) walk(child as object);
      }
    };
    walk(root);
    const [parent, name] = places[at % places.length] ?? [{}, ''];
    // A key under another name is no longer known to be one: nothing could tell it from a text.
    if (name === 'api_key' && how === 'rename') continue;
    if (how === 'replace') parent[name] = value;
    if (how === 'add') parent[key] = value;
    if (how === 'rename')
      Object.defineProperty(parent, key, { value: parent[name], enumerable: true, configurable: true, writable: true });
    if (how === 'rename' || how === 'remove') delete parent[name];
  }
  return root;
}

/** Reads a config; whatever it is, either it is usable or it is refused, and nothing shows the secret. */
function tryConfig(text: string, requireKeys = true): void {
  try {
    const { routing, connections, notes } = parseConfig(text, { source: 'random.yaml', env, requireKeys });
    const ids = Object.values(routing.groups)
      .flat()
      .map(({ id }) => id);
    expect(Object.keys(connections).toSorted()).toEqual(ids.toSorted());
    expect(JSON.stringify(notes)).not.toContain(MIDDLE);
    for (const group of [...Object.keys(routing.groups), ...Object.keys(routing.aliases)]) {
      expect(resolvePlan(routing, {}, group)).toHaveProperty('plan');
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    expect(error.message + JSON.stringify(error.problems)).not.toContain(MIDDLE);
    expect(error.cause).toBeUndefined();
  }
}

const runs = { numRuns: 400 };

describe('whatever the config, it is read or refused with a ConfigError that shows no secret', () => {
  test('a text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('[]{}:,-?&*!|>\'"%@`#\n\t a1<')) })),
        (text) => tryConfig(text),
      ),
      runs,
    );
  });

  test('any value', () => {
    fc.assert(
      fc.property(junk, fc.boolean(), (value, requireKeys) => tryConfig(stringify(value), requireKeys)),
      runs,
    );
  });

  test('sections of any value', () => {
    const sections = fc.dictionary(
      fc.constantFrom('model_list', 'router_settings', 'litellm_settings', 'general_settings'),
      junk,
    );
    fc.assert(
      fc.property(sections, (value) => tryConfig(JSON.stringify({ ...(example as object), ...value }))),
      runs,
    );
  });

  test('the example, changed in a few places', () => {
    fc.assert(
      fc.property(mutations, fc.boolean(), (changes, requireKeys) =>
        tryConfig(JSON.stringify(mutated(changes)), requireKeys),
      ),
      runs,
    );
  });

  test('the text of the example, with characters changed', () => {
    const text = stringify(example).replaceAll('os.environ/OPENAI_API_KEY', () => SECRET);
    const cuts = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(cuts, ([at, length, other]) => {
        const changed = text.slice(0, at) + other + text.slice(at + length);
        // A cut through a key or through the name of its field leaves a text that nothing could tell from any other.
        fc.pre(changed.split(`api_key: ${SECRET}`).length === text.split(`api_key: ${SECRET}`).length);
        tryConfig(changed);
      }),
      runs,
    );
  });
});

describe('whatever the request, the answer is its settings or its problems', () => {
  test('any value', () => {
    fc.assert(
      fc.property(junk, (raw) => {
        expect(parseRequest('chat.completions', raw)).toHaveProperty('ok');
      }),
      runs,
    );
  });

  test('a request with any settings', () => {
    const base = { model: 'a', messages: [{ role: 'user', content: 'hi' }] };
    fc.assert(
      fc.property(fc.dictionary(keys, junk), (fields) => {
        const result = parseRequest('chat.completions', { ...base, ...fields });
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
      }),
      runs,
    );
  });
});

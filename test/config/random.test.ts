import fc from 'fast-check';
import { parse as parseYaml, stringify } from 'yaml';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig, parseRequest } from '../../src/config/index.js';
import { KNOWN_KEYS } from '../../src/config/tables/known-keys.js';
import { POLICY_FIELDS } from '../../src/core/errors/error-kinds.js';
import { resolvePlan } from '../../src/core/call/resolve-plan.js';
import { configuredId } from '../../src/core/plan/wildcards.js';
import { REFUSED_KEYS, SETTING_KEYS } from '../../src/core/plan/request.js';

/** Quotes and backslashes look different in JSON: the middle looks the same everywhere. */
const SECRET = 'planted-"Zq7private\\text';
const MIDDLE = 'Zq7private';
const SECRET_HEADER = 'header-Xk9private';
const env = { PLANTED: SECRET, OPENAI_API_KEY: SECRET, GROQ_API_KEY: SECRET, AZURE_API_KEY: SECRET };

const keys = fc.oneof(
  fc.constantFrom(...Object.values(KNOWN_KEYS).flatMap((section) => Object.keys(section))),
  fc.constantFrom(...POLICY_FIELDS, ...SETTING_KEYS, ...REFUSED_KEYS, 'a', 'b', '*', 'model', 'messages', 'role'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'num_retires', ''),
  fc.string(),
);

const leaves = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, '3', 'a', 'b', 'openai/m', 'os.environ/PLANTED', 'os.environ/NONE'),
  fc.constantFrom<unknown>('azure/m', 'groq/*', 'openai/*', '*', '*a*', 'bedrock/m', 'mine', 'x.yaml', 'y.yaml', [
    'x.yaml',
  ]),
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

/** A config with what the example leaves out. */
const everything = {
  environment_variables: { INNER: SECRET, NUMBER: 3 },
  credential_list: [
    { credential_name: 'mine', credential_values: { api_key: SECRET, api_base: 'https://host/v1', timeout: 5 } },
  ],
  model_list: [
    { model_name: 'openai/*', litellm_params: { model: 'openai/*', api_key: 'os.environ/INNER' } },
    { model_name: 'team-*-*', litellm_params: { model: 'groq/*-*', extra_headers: { 'x-a': SECRET_HEADER } } },
    { model_name: 'b', litellm_params: { model: 'azure/eu', litellm_credential_name: 'mine', extra_body: { a: 1 } } },
    { model_name: 'b', litellm_params: { model: 'anthropic/c', api_key: SECRET }, model_info: { blocked: true } },
  ],
  router_settings: {
    default_litellm_params: { temperature: 0.5, metadata: { a: 1 } },
    model_group_alias: { fast: 'openai/gpt-4o', hidden: { model: 'b', hidden: true } },
    fallbacks: [{ 'openai/gpt-4o': ['team-x-y', 'b'] }],
    retry_policy: { RateLimitErrorRetries: 2 },
  },
  general_settings: { master_key: SECRET },
  litellm_settings: { callbacks: ['x'], request_timeout: 60 },
  guardrails: [{ guardrail_name: 'g', litellm_params: { mode: 'pre_call', api_key: SECRET } }],
};

/** A config with a key planted, changed in a few places. */
function mutated(changes: readonly Mutation[], config: unknown = example): unknown {
  const root = JSON.parse(
    JSON.stringify(config).replaceAll('"os.environ/OPENAI_API_KEY"', () => JSON.stringify(SECRET)),
  ) as object;
  for (const { at, how, key, value: shared } of changes) {
    // Values of the generators are shared: a later change must not change them.
    const value: unknown = structuredClone(shared);
    const places: [parent: Record<string, unknown>, key: string][] = [];
    const walk = (parent: object) => {
      for (const [name, child] of Object.entries(parent)) {
        places.push([parent as Record<string, unknown>, name]);
        if (typeof child === 'object' && child !== null) walk(child as object);
      }
    };
    walk(root);
    const place = places[at % places.length];
    if (place === undefined) continue;
    const [parent, name] = place;
    // That of a list is no key of a config.
    if (Array.isArray(parent) && key === 'length') continue;
    // A key under another name is no longer known to be one: nothing could tell it from a text.
    if (how === 'rename' && parent[name] !== null && JSON.stringify(parent[name]).includes(MIDDLE)) continue;
    if (how === 'replace') parent[name] = value;
    if (how === 'add') parent[key] = value;
    if (how === 'rename') {
      Object.defineProperty(parent, key, { value: parent[name], enumerable: true, configurable: true, writable: true });
    }
    if (how === 'rename' || how === 'remove') delete parent[name];
  }
  return root;
}

interface ModuleContext {
  readonly requireKeys?: boolean;
  readonly lenient?: boolean;
  /** What every file that is included holds. */
  readonly included?: string;
}

/** Reads a config; whatever it is, either it is usable or it is refused, and nothing shows the secret. */
function tryConfig(text: string, { requireKeys = true, lenient = false, included = '' }: ModuleContext = {}): void {
  try {
    const options = { source: 'random.yaml', env, requireKeys, lenient, readText: () => included };
    const { routing, connections, unserved, notes, honoured } = parseConfig(text, options);
    const { groups, wildcards = {} } = routing;
    const plans = [...Object.values(groups), ...Object.values(wildcards)].flat();
    const ids = plans.flatMap(({ id, routes }) => (routes === undefined ? [id] : routes.map((route) => route.id)));
    const isKnown = (id: string) => Object.hasOwn(connections, id) !== Object.hasOwn(unserved, id);
    expect(ids.filter((id) => !isKnown(id))).toEqual([]);
    expect(Object.keys(connections).filter((id) => !ids.includes(id))).toEqual([]);
    expect(JSON.stringify([notes, honoured, unserved])).not.toContain(MIDDLE);
    const served = Object.keys(wildcards).map((name) => name.replaceAll('*', 'any'));
    for (const group of [...Object.keys(groups), ...Object.keys(routing.aliases), ...served]) {
      const result = resolvePlan(routing, {}, group);
      if (!('plan' in result)) throw new Error(`no plan for ${group}`);
      for (const { deployments } of Object.values(result.plan.groups)) {
        for (const deployment of deployments) expect(isKnown(configuredId(deployment))).toBe(true);
      }
      // A plan is kept in history.
      expect(JSON.stringify(result.plan.groups)).not.toContain(SECRET_HEADER);
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    expect(error.message + JSON.stringify([error.problems, error.notes])).not.toContain(MIDDLE);
    // The text as a whole has no path; anything in it has one.
    for (const { path, message } of error.problems) expect(path === '' && !WHOLE.test(message) ? message : '').toBe('');
    expect(error.cause).toBeUndefined();
  }
}

/** Problems of a whole file. */
const WHOLE =
  /^(not valid YAML|empty|expected an object with a model_list|nested deeper|more than|larger than|… and \d+ more)/;

const runs = { numRuns: 400 };

describe('whatever the config, it is read or refused with a ConfigError that shows no secret', () => {
  test('a text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...[...'[]{}:,-?&*!|>\'"%@`#\n	 a1<']) })),
        (text) => tryConfig(text),
      ),
      runs,
    );
  });

  test('any value', () => {
    fc.assert(
      fc.property(junk, fc.boolean(), (value, requireKeys) =>
        tryConfig(stringify(value), { requireKeys, lenient: !requireKeys }),
      ),
      runs,
    );
  });

  test('sections of any value', () => {
    const sections = fc.dictionary(
      fc.constantFrom(...Object.keys(KNOWN_KEYS['']).filter((key) => key !== 'include')),
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
        tryConfig(JSON.stringify(mutated(changes)), { requireKeys, lenient: requireKeys }),
      ),
      runs,
    );
  });

  test('with every feature, changed in a few places', () => {
    fc.assert(
      fc.property(mutations, fc.boolean(), (changes, lenient) =>
        tryConfig(JSON.stringify(mutated(changes, everything)), { lenient, requireKeys: lenient }),
      ),
      runs,
    );
  });

  test('including any value, with any value', () => {
    fc.assert(
      fc.property(junk, junk, fc.boolean(), (include, included, lenient) =>
        tryConfig(JSON.stringify({ ...everything, include }), { lenient, included: stringify(included) }),
      ),
      runs,
    );
  });

  test('with patterns that could match in very many ways, soon', () => {
    const stars = fc.string({ unit: fc.constantFrom('*', 'a'), minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(stars, { minLength: 1, maxLength: 5 }), (names) => {
        const model_list = names.map((name) => ({
          model_name: `*${name}`.slice(0, 200),
          litellm_params: { model: '*', api_key: 'k' },
        }));
        const { routing } = parseConfig(JSON.stringify({ model_list }), { source: 's', env, lenient: true });
        resolvePlan(routing, {}, `${'a'.repeat(199)}b`);
      }),
      { numRuns: 100 },
    );
  }, 20_000);

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

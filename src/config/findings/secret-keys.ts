import { isReference, referenceIn, variable } from './environment.js';
import { unexpanded } from './unexpanded.js';
import { KEY_VARIABLES } from '../tables/known-providers.js';

/** Keys whose values are secrets, wherever they stand. Their values are never shown, and no part of the config's hash. */
const SECRET_KEY = /(^|[_-])(api[_-]?key|key|secret|password|token|authorization|credentials?)$/i;

/** Keys whose values are objects full of secrets, whatever the names in them. */
const SECRET_OBJECTS: readonly string[] = ['environment_variables', 'extra_headers', 'headers', 'default_headers'];

/** Numbers are no secrets: `input_cost_per_token: "0.1"`. */
const NUMBER = /^[\d.eE+-]{0,15}$/;

export function isSecretKey(key: PropertyKey): boolean {
  return typeof key === 'string' && SECRET_KEY.test(key);
}

/** Whether all texts under a key are secrets. */
export function holdsSecrets(key: PropertyKey): boolean {
  return typeof key === 'string' && SECRET_OBJECTS.includes(key);
}

/** Every secret in a config and in the variables that it names or that hold the keys of providers. */
export function secretsIn(config: unknown, env: NodeJS.ProcessEnv): string[] {
  const found = new Set([...KEY_VARIABLES].map((name) => variable(env, name) ?? ''));
  const add = (text: string) => {
    found.add(variable(env, referenceIn(text) ?? '') ?? text.trim());
  };
  const collect = (value: unknown, inSecret: boolean): void => {
    if (typeof value !== 'object' || value === null) {
      if (inSecret) add(String(value));
      return;
    }
    for (const [key, child] of Object.entries(value)) {
      const secret = inSecret || holdsSecrets(key);
      // An object under the name of a secret, `credentials` for instance, may hold anything.
      collect(child, secret || (isSecretKey(key) && typeof child !== 'object'));
    }
  };
  collect(config, false);
  return [...found].filter((secret) => !NUMBER.test(secret) && !isReference(secret) && unexpanded(secret) === null);
}

/** A header's value, and what it may be quoted by in messages: `abc` of `Bearer abc`. */
export function secretsOfHeader(value: string): string[] {
  return [value, ...value.split(/\s+/).slice(1)].filter((text) => !NUMBER.test(text));
}

import { isReference, referenceIn, variable } from './environment.js';

/** Keys whose values are secrets, wherever they stand. Their values are never shown, and no part of the config's hash. */
const SECRET_KEY = /(^|[_-])(api[_-]?key|key|secret|password|token|authorization|credentials?)$/i;

/** Numbers are no secrets: `input_cost_per_token: "0.1"`. */
const NUMBER = /^[\d.eE+-]{0,15}$/;

export function isSecretKey(key: PropertyKey): boolean {
  return typeof key === 'string' && SECRET_KEY.test(key);
}

/** Every secret in a config and in the variables that it names. */
export function secretsIn(config: unknown, env: NodeJS.ProcessEnv): string[] {
  const found = [variable(env, 'OPENAI_API_KEY') ?? ''];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === 'object') collect(child);
      else if (isSecretKey(key)) found.push(variable(env, referenceIn(child) ?? '') ?? String(child).trim());
    }
  };
  collect(config);
  return found.filter((secret) => !NUMBER.test(secret) && !isReference(secret));
}

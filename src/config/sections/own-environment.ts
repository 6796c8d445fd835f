import { resolveReferences } from '../findings/environment.js';
import { checkUnexpanded } from '../findings/check-unexpanded.js';
import { type Context, isObject } from './read-section.js';

/**
 * `environment_variables`: the variables as they are after those of the config are set, which win, as in LiteLLM. The
 * process itself keeps its own.
 */
export function withOwnEnvironment(value: unknown, context: Context): NodeJS.ProcessEnv {
  const { env, findings, missing } = context;
  const path = ['environment_variables'];
  if (value === undefined || value === null) return env;
  if (!isObject(value)) {
    findings.problem(path, 'expected an object of variables, each with a text');
    return env;
  }
  checkUnexpanded(value, path, findings, true);
  const own = new Map<string, string>();
  for (const [name, child] of Object.entries(value)) {
    const at = [...path, name];
    if (!/^\w{1,200}$/.test(name)) findings.problem(at, 'not a name that a variable can have');
    const text: unknown = resolveReferences(child, at, { env, origins: findings.origins, missing });
    if (typeof text === 'string' || typeof text === 'number' || typeof text === 'boolean') own.set(name, String(text));
    else if (text !== null) findings.problem(at, 'expected a text');
  }
  return { ...env, ...Object.fromEntries(own) };
}

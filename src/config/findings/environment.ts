import { formatPath, type Path } from './path.js';

const REFERENCE = /^\s*os\.environ\/(.*?)\s*$/s;

/** A text that stands for a variable: `os.environ/NAME`. After resolving, it is one whose variable is not set. */
export function isReference(value: unknown): boolean {
  return referenceIn(value) !== undefined;
}

/** The name of the variable that a text stands for; undefined for any other value. */
export function referenceIn(value: unknown): string | undefined {
  return typeof value === 'string' ? REFERENCE.exec(value)?.[1] : undefined;
}

/** Where the values of a config come from variables. Such values are never shown. */
export interface Environment {
  readonly env: NodeJS.ProcessEnv;
  /** Variables by the path of their value. */
  readonly origins: Map<string, string>;
  readonly missing: (path: Path, message: string) => void;
}

/** Keys for which a variable that is not set is not the same as no value: without it, another default would hold. */
const KEPT_KEYS: readonly unknown[] = ['model', 'api_key', 'api_base'];

/**
 * Replaces every `os.environ/NAME` in a value. A variable that is not set is reported; in its place stands null, which
 * sets nothing, or, where a text is needed, the reference as it was.
 */
export function resolveReferences(value: unknown, path: Path, environment: Environment): unknown {
  if (Array.isArray(value)) return value.map((child, index) => resolveReferences(child, [...path, index], environment));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, resolveReferences(child, [...path, key], environment)]),
    );
  }
  const name = referenceIn(value);
  if (name === undefined) return value;
  const key = path.at(-1);
  return lookUp(name, path, environment) ?? (typeof key === 'number' || KEPT_KEYS.includes(key) ? value : null);
}

function lookUp(name: string, path: Path, { env, origins, missing }: Environment): string | undefined {
  if (!/^\w{1,200}$/.test(name)) {
    missing(path, 'os.environ/ must be followed by the name of an environment variable');
    return undefined;
  }
  const found = variable(env, name);
  if (found === undefined) {
    missing(path, `the environment variable ${name} is not set. Set it where the workers run, or write another value`);
    return undefined;
  }
  origins.set(formatPath(path), name);
  return found;
}

/** A variable; one that is empty, as in an unfilled `.env`, is not set. */
export function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
  return value === '' ? undefined : value;
}

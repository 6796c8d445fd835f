import { closestMatch } from 'leven';
import type { z } from 'zod';
import { parseFaultName } from './fault-names.js';
import { mixSchema, stepSchema, stepsSchema, type ModelScript, type Script } from './steps.js';

/** A script that cannot be used; the message has one line per problem, each with its path. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

/**
 * Reads a script from JSON: an object that gives for each model its steps, a fault name or a mix.
 * @throws ScriptError naming the path of each problem, e.g. `script["a-up"][2].status: …`
 */
export function parseScript(text: string): Script {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ScriptError(`script: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checkScript(value);
}

/**
 * Checks a script that is an object already.
 * @throws ScriptError as {@link parseScript}
 */
export function checkScript(value: unknown): Script {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ScriptError('script: expected an object of model names');
  }
  const script: Record<string, Script[string]> = Object.create(null);
  const problems: string[] = [];
  for (const [model, its] of Object.entries(value)) {
    const path = `script[${JSON.stringify(model)}]`;
    const checked = checkModel(path, its);
    if (checked.script === null) problems.push(...checked.problems);
    else script[model] = checked.script;
  }
  if (problems.length > 0) throw new ScriptError(problems.join('\n'));
  return script;
}

type CheckedModel =
  | { readonly script: ModelScript; readonly problems?: never }
  | { readonly script: null; readonly problems: readonly string[] };

/** Parsed by the kind that was given, because the issues of a union would not name the step. */
function checkModel(path: string, value: unknown): CheckedModel {
  if (typeof value === 'string') return checkName(path, value) ?? { script: value };
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject) return { script: null, problems: [`${path}: expected a list of steps, a fault name or a mix`] };
  const result = (Array.isArray(value) ? stepsSchema : mixSchema).safeParse(value);
  if (!result.success) return { script: null, problems: result.error.issues.map((issue) => describe(path, issue)) };
  const wrong =
    'faults' in result.data && typeof result.data.faults === 'string'
      ? checkName(`${path}.faults`, result.data.faults)
      : null;
  return wrong ?? { script: result.data };
}

function checkName(path: string, name: string): CheckedModel | null {
  if (parseFaultName(name) !== undefined) return null;
  return { script: null, problems: [`${path}: ${JSON.stringify(name)} is not a fault name`] };
}

function describe(base: string, issue: z.core.$ZodIssue): string {
  const path = issue.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    base,
  );
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path}.${key}: unknown key${suggestion(key)}`).join('\n');
  }
  if (issue.code === 'invalid_union') return `${path}: expected a list of steps or a fault name`;
  return `${path}: ${issue.message}`;
}

function suggestion(key: string): string {
  const names = Object.keys({ ...stepSchema.shape, ...mixSchema.shape });
  const nearest = closestMatch(key, names, { maxDistance: 3 });
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

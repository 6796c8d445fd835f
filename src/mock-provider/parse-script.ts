import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { parseFaultName } from './fault-names.js';
import { stepSchema, type Script } from './steps.js';

/** A script that cannot be used; the message has one line per problem, each with its path. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

const modelScriptSchema = z.union([z.string(), z.array(stepSchema).min(1)]);

/**
 * Reads a script from JSON: an object that gives for each model its steps or a fault name.
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
  for (const [model, steps] of Object.entries(value)) {
    const path = `script[${JSON.stringify(model)}]`;
    if (typeof steps === 'string' && parseFaultName(steps) === undefined) {
      problems.push(`${path}: ${JSON.stringify(steps)} is not a fault name`);
      continue;
    }
    // Parsed by the kind that was given, because the issues of a union would not name the step.
    const result = (Array.isArray(steps) ? modelScriptSchema.options[1] : modelScriptSchema).safeParse(steps);
    if (result.success) script[model] = result.data;
    else problems.push(...result.error.issues.map((issue) => describe(path, issue)));
  }
  if (problems.length > 0) throw new ScriptError(problems.join('\n'));
  return script;
}

function describe(base: string, issue: z.core.$ZodIssue): string {
  const path = issue.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    base,
  );
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path}.${key}: unknown key${suggestion(key)}`).join('\n');
  }
  if (issue.code === 'invalid_union' && path === base) return `${path}: expected a list of steps or a fault name`;
  return `${path}: ${issue.message}`;
}

function suggestion(key: string): string {
  const nearest = closest(key, Object.keys(stepSchema.shape));
  return distance(key, nearest) <= 3 ? `; did you mean "${nearest}"?` : '';
}

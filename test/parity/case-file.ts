import { z } from 'zod';
import { checkScript, ScriptError } from '../../src/mock-provider/parse-script.js';
import type { Script } from '../../src/mock-provider/index.js';

/** What a case expects. A field that is absent is not compared. */
const want = z.strictObject({
  ok: z.boolean(),
  /** Requests by upstream model; `"*"` is the total. */
  upstream_calls: z.record(z.string(), z.int().min(0)).optional(),
  /** The group that answered; null for a failure. */
  final_model_group: z.string().nullish(),
  /** The error kind; null for an answer. */
  error_type: z.string().nullish(),
  /** The HTTP status of the result; null when nothing was called because the config is refused. */
  status: z.int().nullish(),
  timing: z.strictObject({ gaps_s: z.array(range()).optional(), elapsed_s: range().optional() }).optional(),
  /** Fields of the last body sent to an upstream model; null: absent. */
  last_body: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  /** Null: absent. */
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

export type Want = z.output<typeof want>;
export type Range = z.output<ReturnType<typeof range>>;

const request = z.record(z.string(), z.unknown());

/** What else a case has is about other programs, or for people. */
const parityCase = z.object({
  id: z.string().min(1),
  what: z.string().default(''),
  skip: z.string().optional(),
  config: z.record(z.string(), z.unknown()),
  before: z
    .array(z.union([z.strictObject({ sleep: z.number().min(0).max(600) }), request]))
    .nullish()
    .transform((earlier) => earlier ?? []),
  request,
  upstream: z.record(z.string(), z.unknown()).transform((script, { issues }): Script => {
    try {
      return checkScript(script);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      // One a line, each with the rest of its path.
      for (const line of error.message.split('\n')) {
        issues.push({ code: 'custom', input: script, message: line.replace(/^script/, ''), path: [] });
      }
      return z.NEVER;
    }
  }),
  want,
});

export type ParityCase = z.output<typeof parityCase>;

/** A case of a file, or what is wrong with it. */
export type FileCase =
  | { readonly id: string; readonly what: string; readonly case: ParityCase }
  | { readonly id: string; readonly what: string; readonly problems: readonly string[] };

/** A file that is no list of cases at all. */
export class CaseFileError extends Error {
  override readonly name = 'CaseFileError';
}

/**
 * Reads cases. A case that is wrong is in the list with its problems, each with its path: the others can still be run.
 * @throws CaseFileError when the text is no JSON, or no list of objects
 */
export function readCases(text: string, source: string): FileCase[] {
  const items = parseList(text, source);
  const seen = new Set<string>();
  return items.map((item, index): FileCase => {
    const id = textField(item, 'id') || `[${index}]`;
    const what = textField(item, 'what');
    const parsed = parityCase.safeParse(item);
    const problems = (parsed.error?.issues ?? []).map(
      (issue) => `${source}${formatIssue([index, ...issue.path], issue)}`,
    );
    if (seen.has(id)) problems.push(`${source}[${index}].id: another case has the same id`);
    seen.add(id);
    return parsed.data !== undefined && problems.length === 0
      ? { id, what, case: parsed.data }
      : { id, what, problems };
  });
}

function textField(item: unknown, name: string): string {
  const value = z.record(z.string(), z.unknown()).safeParse(item).data?.[name];
  return typeof value === 'string' ? value : '';
}

function parseList(text: string, source: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CaseFileError(`${source}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(value)) throw new CaseFileError(`${source}: expected a list of cases`);
  if (value.length === 0) throw new CaseFileError(`${source}: has no cases`);
  return value;
}

/** Seconds, from and to. */
function range() {
  return z.tuple([z.number(), z.number()]).refine(([from, to]) => from <= to, 'the first number is above the second');
}

function formatIssue(path: readonly PropertyKey[], issue: z.core.$ZodIssue): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return issue.message.startsWith('[') ? `${place}${issue.message}` : `${place}: ${issue.message}`;
}

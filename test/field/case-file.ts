import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const range = z.union([z.number(), z.tuple([z.number(), z.number()])]);
const json = z.record(z.string(), z.unknown());
const texts = z.array(z.string());

/** An answer of the scripted upstream. */
const scripted = z.looseObject({
  if: z.string().optional(),
  unless: z.string().optional(),
  ok: z.string().optional(),
  status: z.int().optional(),
  headers: json.optional(),
  json: z.unknown().optional(),
  text: z.string().optional(),
  sse: z.array(z.unknown()).optional(),
  end: z.string().optional(),
  embeddings: z.int().optional(),
});

const upstream = z.record(z.string(), z.array(scripted));

const group = z.strictObject({
  num_retries: z.int().optional(),
  retry_policy: json.optional(),
  deployments: z.array(json).optional(),
  params: json.optional(),
});

const fallbacks = z.record(z.string(), texts);

/** What the kept call must have. */
const kept = z.strictObject({
  state: z.string().optional(),
  text: z.string().nullish(),
  all_text: z.string().optional(),
  reasoning: z.string().optional(),
  finish_reason: z.string().optional(),
  tool_calls: z.array(json).optional(),
  output_text: z.string().optional(),
  output_types: texts.optional(),
  tokens: z.number().optional(),
  has: texts.optional(),
});

const want = z.strictObject({
  outcome: z.enum(['answer', 'error']).optional(),
  status: z.int().optional(),
  kind: z.string().optional(),
  code: z.string().nullish(),
  message_has: texts.optional(),
  requests: z.record(z.string(), range).optional(),
  failed_attempts: z.array(z.union([z.string(), texts])).optional(),
  wait_ms: range.optional(),
  text: z.string().optional(),
  done: z.boolean().optional(),
  live: z.boolean().optional(),
  comment_frames: z.int().optional(),
  every_event_has_choices: z.boolean().optional(),
  never_keys: texts.optional(),
  client_has: texts.optional(),
  client_never: texts.optional(),
  vectors: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  kept: kept.optional(),
  rejoin: z.boolean().optional(),
  upstream_has: texts.optional(),
  upstream_never: texts.optional(),
});

const request = z.strictObject({
  operation: z.string().optional(),
  stream: z.boolean().optional(),
  group: z.string().optional(),
  body: json.optional(),
  raw: z.string().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  repeat: z.int().optional(),
});

const served = {
  id: z.string(),
  what: z.string(),
  fault: z.string().optional(),
  source: texts.optional(),
  groups: z.record(z.string(), group).optional(),
  upstream: upstream.optional(),
};

const answerCase = z.strictObject({
  ...served,
  env: z.record(z.string(), z.string()).optional(),
  fallbacks: fallbacks.optional(),
  context_window_fallbacks: fallbacks.optional(),
  content_policy_fallbacks: fallbacks.optional(),
  request: request.optional(),
  upstream,
  want,
});

const textCase = z.strictObject({
  provider: z.string(),
  source: texts.optional(),
  status: z.int(),
  body: z.unknown(),
  want: z.string(),
});

const rowsCase = z.strictObject({
  ...served,
  file: z.string(),
  command: z.enum(['dry-run', 'run']),
  want: z.strictObject({
    exit: z.int().optional(),
    has: texts.optional(),
    has_any: texts.optional(),
    ok_or_has: texts.optional(),
    max_lines: z.int().optional(),
    output_rows: z.int().optional(),
    error_rows: z.int().optional(),
    any_line_end: z.boolean().optional(),
    output_has: texts.optional(),
    upstream_has: texts.optional(),
  }),
});

const configWant = z.strictObject({
  check: z.union([z.int(), z.array(z.int())]).optional(),
  strict: z.union([z.int(), z.array(z.int())]).optional(),
  has: texts.optional(),
  never: texts.optional(),
  explain: z.record(z.string(), texts).optional(),
  env: z.record(z.string(), z.string()).optional(),
  requests: z
    .array(
      z.strictObject({
        at: z.string(),
        model: z.string(),
        operation: z.string().optional(),
        status: z.int().optional(),
        path: z.string().optional(),
        query: z.string().optional(),
        sent_model: z.string().optional(),
        auth: z.string().optional(),
        never: texts.optional(),
      }),
    )
    .optional(),
});

export type Range = z.infer<typeof range>;
export type ScriptedAnswer = z.infer<typeof scripted>;
export type GroupOfCase = z.infer<typeof group>;
export type AnswerCase = z.infer<typeof answerCase>;
export type TextCase = z.infer<typeof textCase>;
export type RowsCase = z.infer<typeof rowsCase>;
export interface ConfigCase {
  /** The name of its file. */
  readonly id: string;
  readonly what: string;
  readonly text: string;
  readonly want: z.infer<typeof configWant>;
}

export type FieldCase =
  | { readonly type: 'answer'; readonly id: string; readonly what: string; readonly case: AnswerCase }
  | {
      readonly type: 'rows';
      readonly id: string;
      readonly what: string;
      readonly case: RowsCase;
      readonly file: string;
    }
  | { readonly type: 'config'; readonly id: string; readonly what: string; readonly case: ConfigCase };

/**
 * The cases of a file of answers, texts or rows, or of a folder of configs.
 * @throws Error where it has another form, with the place
 */
export function readCases(path: string): FieldCase[] {
  if (statSync(path).isDirectory()) return readConfigs(path);
  const file = z
    .looseObject({ cases: z.array(json).optional(), texts: z.array(json).optional() })
    .parse(JSON.parse(readFileSync(path, 'utf8')));
  return [
    ...(file.cases ?? []).map((fields) => readCase(fields, join(path, '..'))),
    ...(file.texts ?? []).map((fields, index) => readText(fields, index)),
  ];
}

function readCase(fields: Record<string, unknown>, folder: string): FieldCase {
  if (fields['command'] === undefined) {
    const one = checked(answerCase, fields, String(fields['id']));
    return { type: 'answer', id: one.id, what: one.what, case: one };
  }
  const one = checked(rowsCase, fields, String(fields['id']));
  return { type: 'rows', id: one.id, what: one.what, case: one, file: join(folder, one.file) };
}

/** A text is a case with a group for each list of fallbacks. */
function readText(fields: Record<string, unknown>, index: number): FieldCase {
  const { provider, status, body, want: wanted, source } = checked(textCase, fields, `texts[${index}]`);
  const name = provider.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const id = `text-${index + 1}-${name}`.replace(/-$/, '');
  const rescuer = { ContextWindowExceededError: 'window', ContentPolicyViolationError: 'policy' }[wanted] ?? 'other';
  const isNotRetried = rescuer !== 'other' || wanted === 'insufficient_quota';
  const kind = wanted === 'insufficient_quota' ? 'RateLimitError' : wanted;
  const text: AnswerCase = {
    id,
    what: `${provider}: ${wanted}`,
    source: source ?? [],
    groups: { m: {}, window: {}, policy: {}, other: {} },
    fallbacks: { m: ['other'] },
    context_window_fallbacks: { m: ['window'] },
    content_policy_fallbacks: { m: ['policy'] },
    upstream: { m: [{ status, json: body }] },
    want: {
      outcome: 'answer',
      requests: { m: isNotRetried ? 1 : [1, 2], window: 0, policy: 0, other: 0, [rescuer]: 1 },
      ...(isNotRetried && { failed_attempts: [kind] }),
    },
  };
  return { type: 'answer', id, what: text.what, case: text };
}

function readConfigs(folder: string): FieldCase[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const [what = '', wanted = ''] = text.split('\n', 2);
      const parsed = checked(configWant, JSON.parse(wanted.replace(/^# want: /, '')), name);
      const id = name.replace(/\.ya?ml$/, '');
      const one = { id, what: what.replace(/^# /, ''), text, want: parsed };
      return { type: 'config', id, what: one.what, case: one };
    });
}

function checked<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as T;
  throw new Error(`${name}: ${z.prettifyError(error)}`);
}

import { z } from 'zod';
import { excessOf, MAX_NESTING, MAX_VALUES } from '../core/common/limits.js';
import { OPERATIONS, type Operation } from '../core/common/operations.js';
import { ownProperty } from '../core/common/own-property.js';
import { REFUSED_KEYS } from '../core/plan/request.js';
import type { RequestSettings } from '../core/plan/settings.js';
import { type Finding, listed } from '../config/findings/config-error.js';
import { bounded, isRecord } from '../config/schema/bounded.js';
import { reportMisspelt } from '../config/schema/misspelt-setting.js';
import { fallbackRules, REFUSED } from '../config/schema/fallback-schema.js';
import { Findings } from '../config/findings/findings.js';
import { groupRetryPolicies, retryPolicy } from '../config/schema/retry-policy-schema.js';
import { attemptTimeout, compact, count, flag, name, totalTimeout } from '../config/schema/values.js';

export type ParsedRequest =
  | { readonly ok: true; readonly model: string; readonly settings: RequestSettings }
  | { readonly ok: false; readonly problems: readonly Finding[] };

const messageError = 'expected an object with a role';
const messagesError = 'expected a list of messages, at least one';

const textError = 'expected a text';

/** Written by hand, as are the others below: a list can have hundreds of thousands of them. */
const messages = bounded((value, report) => {
  if (!Array.isArray(value) || value.length === 0) return report.stop(messagesError);
  for (const [index, message] of value.entries()) {
    if (report.isFull) return;
    if (!isRecord(message)) {
      report.add([index], messageError);
      continue;
    }
    const { role, content } = message;
    if (typeof role !== 'string' || role === '') report.add([index, 'role'], textError);
    const isContent =
      content === undefined || content === null || typeof content === 'string' || Array.isArray(content);
    if (!isContent) report.add([index, 'content'], 'expected a text, a list, or null');
  }
});

const textsError = 'expected a text, a list of texts, or tokens';
const texts = z.custom(isTexts, { error: textsError });

const inputsError = 'expected a text, an object, a list of these, or tokens';
const inputs = z.custom((value) => isTexts(value) || isParts(value), { error: inputsError });

const itemsError = 'expected a text or a list, not empty';
const items = z.custom((value) => isText(value) || isFilledList(value), { error: itemsError });

/** A text, texts, the tokens of one, or the tokens of several. Not walked through piece by piece with zod: it may be long. */
function isTexts(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return isTokens(value) || (isFilledList(value) && (value.every(isText) || value.every(isTokens)));
}

/** Texts, and objects for what is none, an image for instance. */
function isParts(value: unknown): boolean {
  return isRecord(value) || (isFilledList(value) && value.every((part) => isText(part) || isRecord(part)));
}

function isTokens(value: unknown): boolean {
  return isFilledList(value) && value.every((token) => Number.isInteger(token));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isFilledList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** A flag that may be there, but not be on. */
function off(why: string) {
  const error = ({ input }: { input: unknown }) => (input === true ? why : 'expected true or false');
  return z.literal([false, null], { error }).optional();
}

/** What each operation needs in a request, as far as it can be told without its provider: its prompt above all. */
const FIELDS = {
  'chat.completions': { messages },
  completions: { prompt: texts },
  responses: {
    input: items,
    background: off('not accepted: a call waits for its answer by itself, whatever happens meanwhile'),
  },
  embeddings: { input: inputs },
  moderations: { input: items },
  messages: { messages },
  'images.generations': {
    prompt: z.string({ error: textError }),
    response_format: z.literal(['url', 'b64_json', null], { error: 'expected "url" or "b64_json"' }).optional(),
  },
} as const satisfies Record<Operation, z.ZodRawShape>;

/**
 * Where else the prompt may be: with responses, in a prompt that OpenAI keeps, or in the response before; with vLLM, in
 * messages or in embeddings (their API references, read 2026-11).
 */
const OTHER_PROMPTS: Partial<Record<Operation, readonly string[]>> = {
  responses: ['prompt', 'previous_response_id', 'conversation'],
  embeddings: ['messages'],
  completions: ['prompt_embeds'],
};

const refused = z.undefined({ error: REFUSED }).optional();

const stream = z.literal([true, false, null], { error: 'expected true or false' }).optional();

function requestSchema(operation: Operation, hasPromptElsewhere: boolean) {
  const { prompt, stream: form } = OPERATIONS[operation];
  const own: Readonly<Record<string, z.ZodType>> = FIELDS[operation];
  const fields = hasPromptElsewhere ? { ...own, [prompt]: own[prompt]?.nullish() ?? z.unknown() } : own;
  const rules = fallbackRules('request', z.looseObject(fields).partial());
  return z.object(
    {
      model: name,
      num_retries: count,
      num_retries_per_request: count,
      retry_policy: retryPolicy,
      model_group_retry_policy: groupRetryPolicies,
      timeout: totalTimeout,
      stream_timeout: attemptTimeout,
      fallbacks: rules,
      context_window_fallbacks: rules,
      content_policy_fallbacks: rules,
      max_fallbacks: count,
      disable_fallbacks: flag,
      validate_schema: flag,
      stream: form === null ? off(`${operation} cannot be streamed`) : stream,
      ...Object.fromEntries(REFUSED_KEYS.map((key) => [key, refused])),
      ...fields,
    },
    { error: `expected an object with model and ${prompt}` },
  );
}

function hasOtherPrompt(operation: Operation, raw: unknown): boolean {
  const others = OTHER_PROMPTS[operation] ?? [];
  return (
    typeof raw === 'object' &&
    raw !== null &&
    others.some((key) => (ownProperty(raw as Record<string, unknown>, key) ?? null) !== null)
  );
}

type Schemas = Readonly<Record<Operation, ReturnType<typeof requestSchema>>>;

function schemas(hasPromptElsewhere: boolean): Schemas {
  const operations = Object.keys(OPERATIONS) as Operation[];
  return Object.fromEntries(operations.map((each) => [each, requestSchema(each, hasPromptElsewhere)])) as Schemas;
}

const SCHEMAS = schemas(false);
const SCHEMAS_WITH_OTHER_PROMPT = schemas(true);

const EXCESS = {
  nesting: `has more than ${MAX_NESTING} lists and objects within each other`,
  values: `has more than ${MAX_VALUES} values`,
} as const;

const MISSPELT = bounded(reportMisspelt);

/** Checks a request, and reads its settings. Every other field is the provider's, and not looked at. */
export function parseRequest(operation: Operation, raw: unknown): ParsedRequest {
  const excess = excessOf(raw);
  if (excess !== null) return { ok: false, problems: [{ path: '', message: EXCESS[excess] }] };
  const findings = new Findings({ secrets: [] });
  findings.read(MISSPELT, raw, []);
  const schemasOf = hasOtherPrompt(operation, raw) ? SCHEMAS_WITH_OTHER_PROMPT : SCHEMAS;
  const request = findings.read(schemasOf[operation], raw, []);
  if (request === undefined || findings.problems.length > 0) return { ok: false, problems: listed(findings.problems) };
  return {
    ok: true,
    model: request.model,
    settings: compact({
      numRetries: request.num_retries,
      numRetriesPerRequest: request.num_retries_per_request,
      retryPolicy: request.retry_policy,
      modelGroupRetryPolicy: request.model_group_retry_policy,
      timeoutMs: request.timeout,
      streamTimeoutMs: request.stream_timeout,
      maxFallbacks: request.max_fallbacks,
      disableFallbacks: request.disable_fallbacks,
      stream: request.stream ?? undefined,
      fallbacks: request.fallbacks,
      contextWindowFallbacks: request.context_window_fallbacks,
      contentPolicyFallbacks: request.content_policy_fallbacks,
      validateSchema: request.validate_schema,
    }),
  };
}

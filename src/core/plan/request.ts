import { OPERATIONS, type Operation } from '../common/operations.js';
import { cutBytes } from '../common/text.js';
import { isLiteLlmField, isLiteLlmMetadata } from './litellm-fields.js';
import type { FallbackEntry } from './settings.js';

/** A request as the caller wrote it: the provider's fields and, beside them, the settings below. */
export type RawRequest = Readonly<Record<string, unknown>>;

/** Settings that a request may carry. They steer the call and are never sent to the provider. */
export const SETTING_KEYS = [
  'num_retries',
  'num_retries_per_request',
  'retry_policy',
  'model_group_retry_policy',
  'timeout',
  'stream_timeout',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'max_fallbacks',
  'disable_fallbacks',
  'validate_schema',
  // The provider SDK's own retries, which are always off: accepted so that LiteLLM's clients need no change.
  'max_retries',
] as const;

/** Refused in a request and in a fallback entry, because both are kept in history: keys belong in the config. */
export const REFUSED_KEYS = ['api_key', 'api_base', 'extra_headers'] as const;

/** Its keys are ours to read. */
const OUR_METADATA = 'holdfast';

const NOT_SENT: readonly string[] = ['model', ...SETTING_KEYS];

/**
 * The body for the provider: the request without settings, without what LiteLLM's clients write for LiteLLM, and without
 * `model`, which is the deployment's to name.
 */
export function providerBody(request: RawRequest): Record<string, unknown> {
  const sent = Object.entries(request).filter(([key]) => !NOT_SENT.includes(key) && !isLiteLlmField(key));
  const body = Object.fromEntries(sent);
  const { metadata } = body;
  if (!isObject(metadata)) return body;
  const theirs = Object.entries(metadata).filter(([key]) => !isLiteLlmMetadata(key));
  if (theirs.length === Object.keys(metadata).length) return body;
  if (theirs.length > 0) return { ...body, metadata: Object.fromEntries(theirs) };
  delete body['metadata'];
  return body;
}

/** What of a request is LiteLLM's own and has no meaning here: its ledger says that it was taken out. */
export function takenOut(request: RawRequest): string[] {
  const { metadata } = request;
  return [
    ...Object.keys(request).filter(isLiteLlmField),
    ...(isObject(metadata) ? Object.keys(metadata) : [])
      .filter((key) => isLiteLlmMetadata(key) && key !== OUR_METADATA)
      .map((key) => `metadata.${key}`),
  ];
}

/** The body for one group: a fallback entry's own fields win, for this group only. */
export function bodyForEntry(
  body: Record<string, unknown>,
  { body: overrides }: FallbackEntry,
): Record<string, unknown> {
  return overrides === undefined ? body : { ...body, ...overrides };
}

const MAX_LINE_BYTES = 160;

/** The request in a line, for people who look at a list of calls. */
export function requestLine(operation: Operation, request: RawRequest): string {
  const { prompt: field, promptParts } = OPERATIONS[operation];
  const prompt = request[field];
  const text = lastText(prompt).replace(/\s+/g, ' ').trim();
  // A list of numbers is one prompt in tokens.
  const isList = Array.isArray(prompt) && prompt.length > 1 && typeof prompt[0] !== 'number';
  const count = isList ? ` (${prompt.length} ${promptParts})` : '';
  return `${cutBytes(text, MAX_LINE_BYTES)}${count}`;
}

function lastText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return lastText(value.at(-1));
  if (typeof value !== 'object' || value === null) return '';
  return lastText('content' in value ? value.content : 'text' in value ? value.text : undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

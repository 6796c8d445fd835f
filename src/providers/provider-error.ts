import { parseExactJson } from '../core/common/exact-json.js';
import { redact, redactedMessage, redactedName } from '../core/common/redact.js';
import type { ProviderError } from '../core/errors/failure-facts.js';

/** As much of a page as is read. */
const MAX_PAGE_LENGTH = 2000;

/**
 * Reads the error out of a response body, as leniently as providers write it: OpenAI's `{"error": {…}}`, the object
 * alone, a list of one (Gemini), `detail` or `message` as text (FastAPI, Mistral), or no JSON at all.
 */
export function readProviderError(bodyText: string, secrets: readonly string[]): ProviderError {
  const parsed = parseJson(bodyText);
  return parsed === undefined ? { message: pageText(bodyText, secrets) } : providerErrorOf(parsed, secrets);
}

/** The same, of a body that is parsed already. */
export function providerErrorOf(parsed: unknown, secrets: readonly string[]): ProviderError {
  const body = fieldsOf(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = body['error'] ?? body;
  if (typeof error === 'string') return { message: messageOf(error, secrets) };
  const fields = fieldsOf(error);
  const inner = fieldsOf(fields['innererror'] ?? fields['inner_error']);
  return {
    message: messageOf(fields['message'] ?? fields['detail'] ?? body['message'], secrets),
    type: short(fields['type'], secrets),
    code: typeof fields['code'] === 'number' ? fields['code'] : short(fields['code'], secrets),
    status: typeof fields['status'] === 'number' ? fields['status'] : short(fields['status'], secrets),
    param: short(fields['param'], secrets),
    innerCode: short(inner['code'], secrets),
  };
}

export function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** What a page that is no JSON says, for people: tags and scripts left out. */
export function pageText(text: string, secrets: readonly string[]): string {
  // Before it is cut: half a key is not known any more.
  const page = redact(text, secrets)
    .slice(0, MAX_PAGE_LENGTH)
    .replace(/<(script|style)\b.*?<\/\1>/gis, ' ');
  return redactedMessage(page.replace(/<[^>]*>/g, ' '), secrets);
}

function messageOf(value: unknown, secrets: readonly string[]): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return redact(text, secrets);
}

function short(value: unknown, secrets: readonly string[]): string | undefined {
  return typeof value === 'string' ? redactedName(value, secrets) : undefined;
}

import { fieldsOf } from '../core/common/fields.js';
import { parseExactJson } from '../core/common/exact-json.js';
import { redact, redactedMessage, redactedName } from '../core/common/redact.js';
import type { ProviderError } from '../core/errors/failure-facts.js';
import { ERROR_PLACES } from '../core/errors/tables/error-places.js';
import { isLimitHeader } from '../core/errors/tables/limit-headers.js';

/** As much of a page as is read. */
const MAX_PAGE_LENGTH = 2000;

/** Texts, quotas and headers that are looked at, at most. */
const MAX_VALUES = 20;

/** A header or a wait that is longer than this says nothing. */
const MAX_VALUE_LENGTH = 100;

/** Of a text that has JSON in it, as much is looked at. */
const MAX_INNER_LENGTH = 100_000;

/** So often an answer may stand in the text of another one. */
const MAX_DEPTH = 3;

/**
 * Reads the error out of a response body, as leniently as providers write it: from the places of `ERROR_PLACES`, also in a
 * list of one (Gemini), also as JSON within a text (proxies), or from what is no JSON at all.
 */
export function readProviderError(bodyText: string, secrets: readonly string[]): ProviderError {
  const parsed = parseJson(bodyText);
  if (parsed !== undefined) return providerErrorOf(parsed, secrets);
  // An event of a stream under a status of its own, for instance.
  const [inner] = innerErrors([bodyText], secrets, 1);
  return inner?.message === undefined ? { message: pageText(bodyText, secrets) } : inner;
}

/** The same, of a body that is parsed already. */
export function providerErrorOf(parsed: unknown, secrets: readonly string[], depth = 0): ProviderError {
  const body = Array.isArray(parsed) ? parsed[0] : parsed;
  const all = (field: keyof typeof ERROR_PLACES) =>
    ERROR_PLACES[field].flatMap((path) => valuesAt(body, path.split('.'))).filter((value) => !isBlank(value));
  const codeOf = (field: 'code' | 'status') =>
    all(field)
      .map((value) => (typeof value === 'number' ? value : short(value, secrets)))
      .find((value) => value !== undefined);
  const shortOf = (field: 'type' | 'param' | 'innerCode') =>
    all(field)
      .map((value) => short(value, secrets))
      .find((value) => value !== undefined);
  const message = typeof body === 'string' ? body : textOf(all('message').find((value) => isMessage(value, body)));
  const more = all('moreTexts').map((value) => textOf(value) ?? '');
  const inner = depth < MAX_DEPTH ? innerErrors([message ?? '', ...more], secrets, depth + 1) : [];
  const [first] = inner;
  const moreTexts = [...more, ...inner.flatMap((error) => [error.message ?? '', ...(error.moreTexts ?? [])])];
  const quotaIds = [...all('quotaIds').map(String), ...inner.flatMap((error) => error.quotaIds ?? [])];
  return {
    message: message === undefined ? undefined : redact(message, secrets),
    type: shortOf('type'),
    code: codeOf('code'),
    status: codeOf('status'),
    param: shortOf('param'),
    innerCode: shortOf('innerCode') ?? nameOf(first),
    ...listed('moreTexts', moreTexts, secrets),
    ...listed('quotaIds', quotaIds, secrets),
    ...defined('retryDelay', delayOf(all('retryDelay')) ?? first?.retryDelay),
    ...defined('headers', headersIn(all('headers')) ?? first?.headers),
  };
}

/** The errors that stand as JSON in texts. */
function innerErrors(texts: readonly string[], secrets: readonly string[], depth: number): ProviderError[] {
  return texts.flatMap((text) => {
    const inner = parseJson(jsonWithin(text.slice(0, MAX_INNER_LENGTH)));
    return typeof inner === 'object' && inner !== null ? [providerErrorOf(inner, secrets, depth)] : [];
  });
}

/** From the first bracket to the last. */
function jsonWithin(text: string): string {
  return text.slice(Math.max(0, text.search(/[[{]/)), Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1);
}

/** What an inner error is called: the outer one has its own name, or a status. */
function nameOf(error: ProviderError | undefined): string | undefined {
  return error === undefined || typeof error.code === 'number' ? error?.type : (error.code ?? error.type);
}

/** A list that names what is wrong with each field is a message as a whole, not one of its elements. */
function isMessage(value: unknown, body: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value) || value !== fieldsOf(body)['error'];
}

function delayOf(values: readonly unknown[]): string | undefined {
  return values
    .map((value) => {
      const { seconds, nanos = 0 } = fieldsOf(value);
      if (seconds !== undefined) return `${Number(seconds) + Number(nanos) / 1e9}s`;
      return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
    })
    .find((value) => value !== undefined)
    ?.slice(0, MAX_VALUE_LENGTH);
}

function headersIn(values: readonly unknown[]): ProviderError['headers'] {
  const entries = values
    .flatMap((value) => Object.entries(fieldsOf(value)))
    .map(([name, value]) => [name.toLowerCase(), String(value).slice(0, MAX_VALUE_LENGTH)] as const)
    .filter(([name]) => name.startsWith('retry-after') || isLimitHeader(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries.slice(0, MAX_VALUES));
}

function listed<K extends 'moreTexts' | 'quotaIds'>(
  field: K,
  values: readonly string[],
  secrets: readonly string[],
): Partial<Record<K, string[]>> {
  const kept = values.filter((value) => value !== '').slice(0, MAX_VALUES);
  return kept.length === 0 ? {} : ({ [field]: kept.map((value) => redact(value, secrets)) } as Record<K, string[]>);
}

function defined<K extends string, V>(field: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [field]: value } as Record<K, V>);
}

/** What stands at a path of names, of which `*` is each element of a list. */
export function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (name === undefined) return [value];
  if (name === '*') return Array.isArray(value) ? value.slice(0, MAX_VALUES).flatMap((one) => valuesAt(one, rest)) : [];
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? valuesAt((value as Record<string, unknown>)[name], rest)
    : [];
}

/** Whether a value says nothing: empty, or made of what is. */
export function isBlank(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isBlank);
  return value === undefined || value === null || value === false || value === 0;
}

export function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** What a page that is no JSON says, for people: tags and scripts left out. */
export function pageText(text: string, secrets: readonly string[]): string {
  // Before it is cut: half a key is not known any more.
  const page = redact(text, secrets)
    .slice(0, MAX_PAGE_LENGTH)
    .replace(/<(script|style)\b.*?<\/\1>/gis, ' ');
  return redactedMessage(page.replace(/<[^>]*>/g, ' '), secrets);
}

function textOf(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function short(value: unknown, secrets: readonly string[]): string | undefined {
  return typeof value === 'string' ? redactedName(value, secrets) : undefined;
}

import { redact } from './redact.js';

/** Headers of a provider's answer that are handed on to the client, by their names in small letters. */
export type ProviderHeaders = Readonly<Record<string, string>>;

/**
 * What clients and their operators look for: limits to keep to, the provider's own time and place, the ids its support
 * asks for (OpenAI, Azure, Anthropic, Groq, Cloudflare; their API references, read 2026-11).
 */
const HANDED_ON: readonly RegExp[] = [
  /^x-ratelimit-/,
  /^anthropic-(?:ratelimit-|organization-id$)/,
  /^openai-(?:processing-ms|version|model)$/,
  /^(?:x-|apim-)?request-id$/,
  /^x-ms-(?:region|client-request-id)$/,
  /^x-groq-region$/,
  /^cf-ray$/,
];

/** Set by the gateway itself: the provider's stands under the prefix only. */
const OWN: readonly string[] = ['x-request-id'];

/** LiteLLM's prefix for what is the provider's. */
const PREFIX = 'llm_provider-';

/** So much is kept of what a provider sends: it is a part of the call's history. */
const MAX_HEADERS = 40;
const MAX_VALUE_LENGTH = 200;

/** Those of a response that are handed on; behind a proxy of LiteLLM's, the ones of its provider. */
export function providerHeaders(
  headers: Iterable<readonly [name: string, value: string]>,
  secrets: readonly string[],
): ProviderHeaders {
  const kept = [...headers]
    .map(([name, value]) => [name.replace(PREFIX, ''), value] as const)
    .filter(([name]) => HANDED_ON.some((pattern) => pattern.test(name)))
    .slice(0, MAX_HEADERS)
    .map(([name, value]) => [name, redact(value, secrets).slice(0, MAX_VALUE_LENGTH)] as const);
  return Object.fromEntries(kept);
}

/** As the client gets them: as the provider wrote them, and under LiteLLM's prefix. */
export function handedOn(headers: ProviderHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => [
      ...(OWN.includes(name) ? [] : [[name, value]]),
      [`${PREFIX}${name}`, value],
    ]),
  ) as Record<string, string>;
}

import { matchWildcard } from '../../core/plan/wildcards.js';
import { PROVIDER_NAMES, providerRow } from '../tables/known-providers.js';

export interface ModelName {
  /** The provider's name for the model. */
  readonly model: string;
  /** Who serves it, as far as the name tells. */
  readonly provider: string;
  /** What stands before the first `/` without being a provider; null otherwise. */
  readonly unknownPrefix: string | null;
}

const O_SERIES = Array.from('123456789', (digit) => `o${digit}*`);
const CHAT_MODELS = ['gpt-*', 'chatgpt-*', 'codex-*', 'computer-use-*', 'davinci-*', 'babbage-*', ...O_SERIES];

/** Models that LiteLLM knows by their names alone, as patterns. */
export const FAMILIES: readonly (readonly [provider: string, names: readonly string[]])[] = [
  ['openai', ['', 'ft:'].flatMap((start) => CHAT_MODELS.map((name) => `${start}${name}`))],
  ['openai', ['text-*', 'omni-moderation-*', 'dall-e-*', 'whisper-*', 'tts-*', 'sora-*']],
  ['anthropic', ['claude-*']],
  ['vertex_ai', ['gemini-*']],
  ['cohere_chat', ['command-*']],
  ['cohere', ['embed-*']],
];

/** The provider of a model that is named without one, where the name tells. */
export function familyOf(name: string): string | undefined {
  if (name.includes('/')) return undefined;
  return FAMILIES.find(([, names]) => names.some((pattern) => matchWildcard(pattern, name) !== null))?.[0];
}

/**
 * What LiteLLM takes off names, by provider (`*`: any): the way in which it asks, and no part of the name.
 * @see https://docs.litellm.ai/docs/providers/azure and https://docs.litellm.ai/docs/providers/bedrock, 2026-11
 */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  '*': ['responses/'],
  azure: ['o_series/', 'gpt5_series/'],
  bedrock: ['converse/', 'invoke/', 'openai/'],
};

/** Parts `provider/model`. A name without a provider is taken for one of OpenAI's. */
export function parseModelName(name: string, provider?: string): ModelName {
  const { prefix, rest } = parted(name);
  if (provider !== undefined) return nameAt(provider, prefix === provider ? rest : name);
  if (PROVIDER_NAMES.has(prefix)) return nameAt(prefix, rest);
  // `responses/gpt-5`
  const model = withoutWay(name, 'openai');
  return { model, provider: 'openai', unknownPrefix: model === name && prefix !== '' ? prefix : null };
}

function nameAt(provider: string, name: string): ModelName {
  return { model: ownName(provider, withoutWay(name, provider)), provider, unknownPrefix: null };
}

/** What a provider calls a model that LiteLLM calls so. */
export function ownName(provider: string, name: string): string {
  return providerRow(provider)?.modelOf?.(name) ?? name;
}

/** What stands before the first `/`, and after it. */
function parted(name: string): { prefix: string; rest: string } {
  const slash = name.indexOf('/');
  return { prefix: name.slice(0, Math.max(slash, 0)), rest: name.slice(slash + 1) };
}

function withoutWay(name: string, provider: string): string {
  const ways = [...(WAYS['*'] ?? []), ...(Object.hasOwn(WAYS, provider) ? (WAYS[provider] ?? []) : [])];
  const way = ways.find((each) => name.startsWith(each));
  return way === undefined ? name : name.slice(way.length);
}

/** Whether only the name that is asked for says the provider: `*`, and anything else with `*` before its first slash. */
export function saysProviderLate(name: string): boolean {
  return (name.includes('/') ? parted(name).prefix : name).includes('*');
}

import { PROVIDER_NAMES } from '../tables/known-providers.js';

export interface ModelName {
  /** The provider's name for the model. */
  readonly model: string;
  /** Who serves it, as far as the name tells. */
  readonly provider: string;
  /** What stands before the first `/` without being a provider; null otherwise. */
  readonly unknownPrefix: string | null;
}

/** Models that LiteLLM knows by their names alone. */
const FAMILIES: readonly (readonly [name: RegExp, provider: string])[] = [
  [/^(?:ft:)?(?:gpt-|chatgpt-|o\d|codex-|computer-use-|davinci-|babbage-)/, 'openai'],
  [/^(?:text-|omni-moderation-|dall-e-|whisper-|tts-|sora-)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'vertex_ai'],
  [/^command-/, 'cohere_chat'],
  [/^embed-/, 'cohere'],
];

/** The provider of a model that is named without one, where the name tells. */
export function familyOf(name: string): string | undefined {
  return name.includes('/') ? undefined : FAMILIES.find(([names]) => names.test(name))?.[1];
}

/** Parts `provider/model`. A name without a provider is taken for one of OpenAI's. */
export function parseModelName(name: string, provider?: string): ModelName {
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(slash, 0));
  const rest = name.slice(slash + 1);
  if (provider !== undefined) return { model: prefix === provider ? rest : name, provider, unknownPrefix: null };
  if (PROVIDER_NAMES.has(prefix)) return { model: rest, provider: prefix, unknownPrefix: null };
  return { model: name, provider: 'openai', unknownPrefix: slash === -1 ? null : prefix };
}

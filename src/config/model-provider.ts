import { PROVIDER_NAMES } from './known-providers.js';

export interface ModelName {
  /** The provider's name for the model. */
  readonly model: string;
  /** Who serves it, as far as the name tells. */
  readonly provider: string;
  /** What stands before the first `/` without being a provider; null otherwise. */
  readonly unknownPrefix: string | null;
}

/** Parts `provider/model`. A name without a provider is OpenAI's, as in LiteLLM. */
export function parseModelName(name: string, provider?: string): ModelName {
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(slash, 0));
  const rest = name.slice(slash + 1);
  if (provider !== undefined) return { model: prefix === provider ? rest : name, provider, unknownPrefix: null };
  if (PROVIDER_NAMES.has(prefix)) return { model: rest, provider: prefix, unknownPrefix: null };
  return { model: name, provider: 'openai', unknownPrefix: slash === -1 ? null : prefix };
}

import { didYouMean } from './nearest.js';

/** Providers that LiteLLM's model names can begin with. */
const PROVIDERS: ReadonlySet<string> = new Set(
  `ai21 aiml anthropic anyscale azure azure_ai azure_text baseten bedrock bedrock_converse cerebras clarifai cloudflare
  codestral cohere cohere_chat custom_openai dashscope databricks datarobot deepinfra deepseek fireworks_ai friendliai
  galadriel gemini github github_copilot gradient_ai groq hosted_vllm huggingface hyperbolic infinity lambda_ai
  litellm_proxy llamafile lm_studio lemonade meta_llama minimax mistral moonshot morph nebius nlp_cloud novita nscale
  nvidia_nim oci ollama ollama_chat oobabooga openai openai_like openrouter ovhcloud perplexity petals predibase
  replicate sagemaker sagemaker_chat sambanova snowflake text-completion-codestral text-completion-openai together_ai
  triton v0 vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage watsonx watsonx_text xai xinference zai`.split(
    /\s+/,
  ),
);

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
  if (PROVIDERS.has(prefix)) return { model: rest, provider: prefix, unknownPrefix: null };
  return { model: name, provider: 'openai', unknownPrefix: slash === -1 ? null : prefix };
}

/** Why a model cannot be called without `api_base`; null when it can. */
export function needsEndpoint({ provider, unknownPrefix }: ModelName): string | null {
  const supported = 'only openai/… and, with api_base, OpenAI-compatible endpoints are supported so far';
  if (unknownPrefix !== null)
    return `unknown provider ${unknownPrefix}: ${supported}.${didYouMean(unknownPrefix, PROVIDERS)}`;
  return provider === 'openai' ? null : `no api_base for the provider ${provider}: ${supported}`;
}

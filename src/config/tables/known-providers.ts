import { FURTHER_PROVIDERS } from './known-providers/further.js';
import { LARGE_PROVIDERS } from './known-providers/large.js';
import { type ProviderRow, words } from './known-providers/row.js';

export type { ProviderRow, ProviderSignIn } from './known-providers/row.js';

/** Providers with an endpoint that speaks OpenAI's API, by the prefix of LiteLLM's model names. */
export const KNOWN_PROVIDERS = { ...LARGE_PROVIDERS, ...FURTHER_PROVIDERS };

/** Other providers of LiteLLM: they have an API or a way of signing in of their own. */
const OTHER_PROVIDERS = words(`
  a2a a2a_agent agentcore anthropic_text auto_router aws_polly aws_textract azure_speech bedrock_converse
  black_forest_labs bytez chatgpt cursor custom deepgram elevenlabs fal_ai gdc gigachat
  github_copilot langflow langgraph manus milvus nadir nlp_cloud nvidia_riva oci oobabooga petals predibase
  qwen_ai_platform ragflow recraft reducto replicate runwayml sagemaker sagemaker_chat sagemaker_nova sap 
  soniox stability strands_decider text-completion-codestral text-completion-inception topaz transcribe triton
  typesafe vllm watsonx watsonx_text`);

/** Every prefix that is a provider, and no part of the model's name. */
export const PROVIDER_NAMES: ReadonlySet<string> = new Set([...Object.keys(KNOWN_PROVIDERS), ...OTHER_PROVIDERS]);

/** The variables that hold the keys of providers. */
export const KEY_VARIABLES: ReadonlySet<string> = new Set(
  Object.values<ProviderRow>(KNOWN_PROVIDERS).flatMap(({ keyVariables }) => keyVariables),
);

/** How a provider is reached; null when it has no endpoint that is known to speak OpenAI's API. */
export function providerRow(provider: string): ProviderRow | null {
  const rows: Readonly<Record<string, ProviderRow>> = KNOWN_PROVIDERS;
  return Object.hasOwn(rows, provider) ? (rows[provider] ?? null) : null;
}

/** How a provider is reached that speaks OpenAI's API. */
export interface ProviderRow {
  /** Where requests go without `api_base`; null: it must be named. */
  readonly baseUrl: string | null;
  /** Variables that name another base URL, the first that is set. */
  readonly baseVariables: readonly string[];
  /** Variables that hold the key, the first that is set; none: the provider needs no key. */
  readonly keyVariables: readonly string[];
  /** Whether it works without a key, as servers of one's own do. */
  readonly keyless?: true;
  /**
   * What follows the host where an `api_base` has no path: LiteLLM speaks the provider's native API there, and its
   * configs name the host only.
   */
  readonly path?: string;
  /** The provider's hosts, with all below them, beside the one of `baseUrl`. */
  readonly hosts?: readonly string[];
  /** The public page that says so, and when it was looked at. */
  readonly source: string;
  readonly checked: '2026-11';
}

type Options = Pick<ProviderRow, 'keyless' | 'path' | 'hosts'>;

function row(baseUrl: string | null, base: string, keys: string, source: string, options: Options = {}): ProviderRow {
  return { baseUrl, baseVariables: words(base), keyVariables: words(keys), source, checked: '2026-11', ...options };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** LiteLLM's own page of a provider, which names prefix, variables and base URL. */
const page = (name: string) => `https://docs.litellm.ai/docs/providers/${name}`;
const OPENAI = 'https://platform.openai.com/docs/api-reference/introduction';
const AZURE = 'https://learn.microsoft.com/azure/ai-services/openai/reference';
const OLLAMA = 'https://docs.ollama.com/api/openai-compatibility';
const AZURE_HOSTS = ['openai.azure.com', 'cognitiveservices.azure.com', 'services.ai.azure.com', 'openai.azure.us'];

/** Providers with an endpoint that speaks OpenAI's API, by the prefix of LiteLLM's model names. */
export const KNOWN_PROVIDERS = {
  openai: row('https://api.openai.com/v1', 'OPENAI_BASE_URL OPENAI_API_BASE', 'OPENAI_API_KEY', OPENAI),
  azure: row(null, 'AZURE_API_BASE', 'AZURE_OPENAI_API_KEY AZURE_API_KEY', AZURE, { hosts: AZURE_HOSTS }),
  anthropic: row(
    'https://api.anthropic.com/v1',
    'ANTHROPIC_API_BASE ANTHROPIC_BASE_URL',
    'ANTHROPIC_API_KEY',
    'https://platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk',
    { path: '/v1' },
  ),
  gemini: row(
    'https://generativelanguage.googleapis.com/v1beta/openai',
    'GEMINI_API_BASE',
    'GEMINI_API_KEY GOOGLE_API_KEY',
    'https://ai.google.dev/gemini-api/docs/openai',
    { path: '/v1beta/openai' },
  ),
  cohere: row(
    'https://api.cohere.ai/compatibility/v1',
    '',
    'COHERE_API_KEY CO_API_KEY',
    'https://docs.cohere.com/docs/compatibility-api',
    { path: '/compatibility/v1' },
  ),
  cohere_chat: row(
    'https://api.cohere.ai/compatibility/v1',
    '',
    'COHERE_API_KEY CO_API_KEY',
    'https://docs.cohere.com/docs/compatibility-api',
    { path: '/compatibility/v1' },
  ),
  groq: row('https://api.groq.com/openai/v1', 'GROQ_API_BASE', 'GROQ_API_KEY', page('groq')),
  mistral: row('https://api.mistral.ai/v1', 'MISTRAL_API_BASE', 'MISTRAL_API_KEY', page('mistral')),
  codestral: row('https://codestral.mistral.ai/v1', 'CODESTRAL_API_BASE', 'CODESTRAL_API_KEY', page('codestral')),
  deepseek: row('https://api.deepseek.com', 'DEEPSEEK_API_BASE', 'DEEPSEEK_API_KEY', 'https://api-docs.deepseek.com/'),
  nscale: row('https://inference.api.nscale.com/v1', 'NSCALE_API_BASE', 'NSCALE_API_KEY', page('nscale')),
  together_ai: row(
    'https://api.together.ai/v1',
    'TOGETHER_AI_API_BASE',
    'TOGETHER_API_KEY TOGETHER_AI_API_KEY TOGETHERAI_API_KEY TOGETHER_AI_TOKEN',
    page('togetherai'),
    { hosts: ['api.together.xyz'] },
  ),
  openrouter: row(
    'https://openrouter.ai/api/v1',
    'OPENROUTER_API_BASE',
    'OPENROUTER_API_KEY OR_API_KEY',
    page('openrouter'),
  ),
  xai: row('https://api.x.ai/v1', 'XAI_API_BASE', 'XAI_API_KEY', page('xai')),
  fireworks_ai: row(
    'https://api.fireworks.ai/inference/v1',
    'FIREWORKS_API_BASE',
    'FIREWORKS_API_KEY FIREWORKS_AI_API_KEY FIREWORKSAI_API_KEY FIREWORKS_AI_TOKEN',
    page('fireworks_ai'),
  ),
  perplexity: row(
    'https://api.perplexity.ai',
    'PERPLEXITY_API_BASE',
    'PERPLEXITYAI_API_KEY PERPLEXITY_API_KEY',
    page('perplexity'),
  ),
  nvidia_nim: row(
    'https://integrate.api.nvidia.com/v1',
    'NVIDIA_NIM_API_BASE',
    'NVIDIA_NIM_API_KEY',
    page('nvidia_nim'),
  ),
  cerebras: row('https://api.cerebras.ai/v1', 'CEREBRAS_API_BASE', 'CEREBRAS_API_KEY', page('cerebras')),
  sambanova: row('https://api.sambanova.ai/v1', 'SAMBANOVA_API_BASE', 'SAMBANOVA_API_KEY', page('sambanova')),
  deepinfra: row('https://api.deepinfra.com/v1/openai', 'DEEPINFRA_API_BASE', 'DEEPINFRA_API_KEY', page('deepinfra')),
  nebius: row('https://api.studio.nebius.ai/v1', 'NEBIUS_API_BASE', 'NEBIUS_API_KEY', page('nebius')),
  novita: row('https://api.novita.ai/v3/openai', 'NOVITA_API_BASE', 'NOVITA_API_KEY', page('novita')),
  moonshot: row('https://api.moonshot.ai/v1', 'MOONSHOT_API_BASE', 'MOONSHOT_API_KEY', page('moonshot')),
  dashscope: row(
    'https://dashscope.aliyuncs.com/compatible-mode/v1',
    'DASHSCOPE_API_BASE',
    'DASHSCOPE_API_KEY',
    page('dashscope'),
  ),
  lambda_ai: row('https://api.lambda.ai/v1', 'LAMBDA_API_BASE', 'LAMBDA_API_KEY', page('lambda_ai')),
  hyperbolic: row('https://api.hyperbolic.xyz/v1', 'HYPERBOLIC_API_BASE', 'HYPERBOLIC_API_KEY', page('hyperbolic')),
  friendliai: row(
    'https://api.friendli.ai/serverless/v1',
    'FRIENDLI_API_BASE',
    'FRIENDLIAI_API_KEY FRIENDLI_TOKEN',
    page('friendliai'),
  ),
  featherless_ai: row(
    'https://api.featherless.ai/v1',
    'FEATHERLESS_AI_API_BASE FEATHERLESS_API_BASE',
    'FEATHERLESS_AI_API_KEY FEATHERLESS_API_KEY',
    page('featherless_ai'),
  ),
  vercel_ai_gateway: row(
    'https://ai-gateway.vercel.sh/v1',
    'VERCEL_AI_GATEWAY_API_BASE',
    'VERCEL_AI_GATEWAY_API_KEY VERCEL_OIDC_TOKEN',
    page('vercel_ai_gateway'),
  ),
  meta_llama: row('https://api.llama.com/compat/v1', 'LLAMA_API_BASE', 'LLAMA_API_KEY', page('meta_llama')),
  volcengine: row(
    'https://ark.cn-beijing.volces.com/api/v3',
    'VOLCENGINE_API_BASE',
    'VOLCENGINE_API_KEY',
    page('volcano'),
  ),
  baseten: row('https://inference.baseten.co/v1', 'BASETEN_API_BASE', 'BASETEN_API_KEY', page('baseten')),
  v0: row('https://api.v0.dev/v1', 'V0_API_BASE', 'V0_API_KEY', page('v0')),
  morph: row('https://api.morphllm.com/v1', 'MORPH_API_BASE', 'MORPH_API_KEY', page('morph')),
  aiml: row('https://api.aimlapi.com/v1', 'AIML_API_BASE', 'AIML_API_KEY', page('aiml')),
  wandb: row('https://api.inference.wandb.ai/v1', 'WANDB_API_BASE', 'WANDB_API_KEY', page('wandb_inference')),
  litellm_proxy: row(null, 'LITELLM_PROXY_API_BASE', 'LITELLM_PROXY_API_KEY', page('litellm_proxy'), { keyless: true }),
  ollama: row('http://localhost:11434/v1', 'OLLAMA_API_BASE', 'OLLAMA_API_KEY', OLLAMA, { keyless: true, path: '/v1' }),
  ollama_chat: row('http://localhost:11434/v1', 'OLLAMA_API_BASE', 'OLLAMA_API_KEY', OLLAMA, {
    keyless: true,
    path: '/v1',
  }),
  lm_studio: row(
    'http://localhost:1234/v1',
    'LM_STUDIO_API_BASE',
    'LM_STUDIO_API_KEY',
    'https://lmstudio.ai/docs/api/openai-api',
    { keyless: true },
  ),
  hosted_vllm: row(null, 'HOSTED_VLLM_API_BASE', 'HOSTED_VLLM_API_KEY', page('vllm'), { keyless: true }),
  llamafile: row('http://127.0.0.1:8080/v1', 'LLAMAFILE_API_BASE', 'LLAMAFILE_API_KEY', page('llamafile'), {
    keyless: true,
  }),
  custom_openai: row(null, '', '', page('openai_compatible'), { keyless: true }),
  openai_like: row(null, '', 'OPENAI_LIKE_API_KEY', page('openai_compatible'), { keyless: true }),
} as const satisfies Record<string, ProviderRow>;

/** Other providers of LiteLLM: they have an API of their own, or an endpoint per customer. */
const OTHER_PROVIDERS = words(`
  a2a a2a_agent agentcore ai21 ai21_chat aihubmix aiohttp_openai amazon_nova anthropic_text anyscale apertis assemblyai
  auto_router aws_polly azure_ai azure_text bedrock bedrock_converse bedrock_mantle black_forest_labs bytez chatgpt chutes
  clarifai cloudflare cognition cometapi compactifai cortecs custom databricks datarobot deepgram docker_model_runner
  edenai elevenlabs empower fal_ai galadriel gigachat github github_copilot gmi gradient_ai helicone heroku huggingface
  inception infinity jina_ai langflow langgraph lemonade libertai llamagate manus maritalk minimax modelscope nano-gpt
  neosantara nlp_cloud nvidia_riva oci oobabooga ovhcloud parasail petals pinstripes poe predibase publicai
  qwencloud ragflow recraft reka replicate runwayml sagemaker sagemaker_chat sagemaker_nova sap sarvam scaleway snowflake
  soniox stability synthetic tencent tensormesh text-completion-codestral text-completion-inception
  text-completion-openai topaz triton veniceai vertex_ai vertex_ai_beta vllm voyage watsonx watsonx_text xiaomi_mimo
  xinference zai`);

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

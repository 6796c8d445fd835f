import { page, type ProviderRow, row } from './row.js';

const OPENAI = 'https://platform.openai.com/docs/api-reference/introduction';
const AZURE = 'https://learn.microsoft.com/azure/ai-services/openai/reference';
const OLLAMA = 'https://docs.ollama.com/api/openai-compatibility';
const OLLAMA_NATIVE = [/\/api(\/(chat|generate))?$/, '/v1'] as const;
const SERVER = { keyless: true, path: '/v1' } as const;
const FOUNDRY = 'https://learn.microsoft.com/azure/ai-foundry/model-inference/concepts/endpoints';
const FOUNDRY_HOSTS = ['services.ai.azure.com', 'openai.azure.com', 'inference.ai.azure.com', 'models.ai.azure.com'];
const AZURE_HOSTS = ['openai.azure.com', 'cognitiveservices.azure.com', 'services.ai.azure.com', 'openai.azure.us'];

/** `global` and the regions of many countries have hosts of another form. */
function vertexUrl(url: string): string {
  return url
    .replace('//global-aiplatform.', '//aiplatform.')
    .replace(/\/\/(us|eu)-aiplatform\.googleapis/, '//aiplatform.$1.rep.googleapis');
}

/** Google's models by their bare names, as LiteLLM has them; models of others name their publishers. */
const vertexModel = (name: string) => (name.startsWith('gemini-') ? `google/${name}` : name);

const VERTEX = row(
  'https://{VERTEXAI_LOCATION|VERTEX_LOCATION}-aiplatform.googleapis.com/v1/projects/{VERTEXAI_PROJECT|VERTEX_PROJECT|GOOGLE_CLOUD_PROJECT}/locations/{VERTEXAI_LOCATION|VERTEX_LOCATION}/endpoints/openapi',
  '',
  '',
  'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/auth-and-credentials',
  {
    signIn: { by: 'google' },
    defaults: { VERTEXAI_LOCATION: 'us-central1' },
    urlOf: vertexUrl,
    modelOf: vertexModel,
    hosts: ['googleapis.com'],
  },
);

/** Providers that many configs name. */
export const LARGE_PROVIDERS = {
  openai: row('https://api.openai.com/v1', 'OPENAI_BASE_URL OPENAI_API_BASE', 'OPENAI_API_KEY', OPENAI),
  'text-completion-openai': row(
    'https://api.openai.com/v1',
    'OPENAI_BASE_URL OPENAI_API_BASE',
    'OPENAI_API_KEY',
    page('text_completion_openai'),
  ),
  aiohttp_openai: row('https://api.openai.com/v1', 'OPENAI_BASE_URL OPENAI_API_BASE', 'OPENAI_API_KEY', OPENAI),
  azure: row(null, 'AZURE_API_BASE', 'AZURE_OPENAI_API_KEY AZURE_API_KEY', AZURE, { hosts: AZURE_HOSTS }),
  azure_text: row(null, 'AZURE_API_BASE', 'AZURE_OPENAI_API_KEY AZURE_API_KEY', AZURE, { hosts: AZURE_HOSTS }),
  azure_ai: row(null, 'AZURE_AI_API_BASE', 'AZURE_AI_API_KEY', FOUNDRY, { hosts: FOUNDRY_HOSTS, path: '/v1' }),
  bedrock: row(
    'https://bedrock-runtime.{AWS_REGION_NAME|AWS_REGION|AWS_DEFAULT_REGION}.amazonaws.com/openai/v1',
    '',
    'AWS_BEARER_TOKEN_BEDROCK',
    'https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html',
    { signIn: { by: 'aws', service: 'bedrock' } },
  ),
  bedrock_mantle: row(
    'https://bedrock-mantle.{AWS_REGION_NAME|AWS_REGION|AWS_DEFAULT_REGION}.api.aws/v1',
    'BEDROCK_MANTLE_API_BASE',
    'BEDROCK_MANTLE_API_KEY AWS_BEARER_TOKEN_BEDROCK',
    'https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html',
    { signIn: { by: 'aws', service: 'bedrock-mantle' } },
  ),
  vertex_ai: VERTEX,
  vertex_ai_beta: VERTEX,
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
    { path: '/v1beta/openai', native: [/\/v1(beta)?$/, '/v1beta/openai'] },
  ),
  cohere: row(
    'https://api.cohere.ai/compatibility/v1',
    '',
    'COHERE_API_KEY CO_API_KEY',
    'https://docs.cohere.com/docs/compatibility-api',
    { path: '/compatibility/v1', native: [/\.(com|ai)\/v[12](\/chat)?$/, '.$1/compatibility/v1'] },
  ),
  cohere_chat: row(
    'https://api.cohere.ai/compatibility/v1',
    '',
    'COHERE_API_KEY CO_API_KEY',
    'https://docs.cohere.com/docs/compatibility-api',
    { path: '/compatibility/v1', native: [/\.(com|ai)\/v[12](\/chat)?$/, '.$1/compatibility/v1'] },
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
  ollama: row('http://localhost:11434/v1', 'OLLAMA_API_BASE', 'OLLAMA_API_KEY', OLLAMA, {
    ...SERVER,
    native: OLLAMA_NATIVE,
  }),
  ollama_chat: row('http://localhost:11434/v1', 'OLLAMA_API_BASE', 'OLLAMA_API_KEY', OLLAMA, {
    ...SERVER,
    native: OLLAMA_NATIVE,
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

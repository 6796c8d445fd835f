import type { Operation } from '../core/common/operations.js';

/** What spans tell, by OpenTelemetry's names for GenAI and HTTP; what these have no name for is Holdfast's own. */
export const ATTRIBUTE = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  status: 'http.response.status_code',
  method: 'http.request.method',
  route: 'http.route',
  call: 'holdfast.call.id',
  group: 'holdfast.group',
  deployment: 'holdfast.deployment',
  attempt: 'holdfast.attempt',
  outcome: 'holdfast.outcome',
  requestId: 'holdfast.provider.request_id',
  waitMs: 'holdfast.wait_ms',
  waitReason: 'holdfast.wait_reason',
  next: 'holdfast.next',
  nextReason: 'holdfast.next_reason',
} as const;

/** OpenTelemetry's names of operations; it has none for moderations and images. */
export const OPERATION_NAMES = {
  'chat.completions': 'chat',
  completions: 'text_completion',
  responses: 'chat',
  embeddings: 'embeddings',
  moderations: 'moderation',
  messages: 'chat',
  'images.generations': 'image_generation',
} as const satisfies Record<Operation, string>;

/** OpenTelemetry's names of providers, where a config calls them otherwise. */
export const PROVIDER_NAMES: Readonly<Record<string, string>> = {
  'text-completion-openai': 'openai',
  aiohttp_openai: 'openai',
  azure: 'azure.ai.openai',
  azure_text: 'azure.ai.openai',
  azure_ai: 'azure.ai.inference',
  bedrock: 'aws.bedrock',
  bedrock_mantle: 'aws.bedrock',
  vertex_ai: 'gcp.vertex_ai',
  vertex_ai_beta: 'gcp.vertex_ai',
  gemini: 'gcp.gemini',
  cohere_chat: 'cohere',
  mistral: 'mistral_ai',
  codestral: 'mistral_ai',
  xai: 'x_ai',
};

/** How Anthropic's Messages API of a deployment is reached. */
export interface MessagesEndpoint {
  /** `/messages` follows. */
  readonly base: string;
  readonly keyIn: 'x-api-key' | 'bearer';
}

interface Row {
  /** What the base URL of the provider's OpenAI-compatible API ends with, and what takes its place. */
  readonly base: readonly [end: RegExp, instead: string];
  readonly keyIn: MessagesEndpoint['keyIn'];
  /** The public page that says so, and when it was looked at. */
  readonly source: string;
  readonly checked: '2026-11';
}

function row(base: Row['base'], keyIn: Row['keyIn'], source: string): Row {
  return { base, keyIn, source, checked: '2026-11' };
}

/** Beside the OpenAI-compatible API, under the same `/v1`. */
const BESIDE: Row['base'] = [/(\/v1)?$/, '/v1'];

/** Under `/anthropic`, in place of the `/v1` of the other API. */
const UNDER_ANTHROPIC: Row['base'] = [/(\/anthropic)?(\/v1|\/beta)?$/, '/anthropic/v1'];

/** Providers that offer Anthropic's Messages API, by the prefix of LiteLLM's model names. */
export const MESSAGES_APIS: Readonly<Record<string, Row>> = {
  anthropic: row(BESIDE, 'x-api-key', 'https://platform.claude.com/docs/en/api/overview'),
  bedrock_mantle: row(
    UNDER_ANTHROPIC,
    'x-api-key',
    'https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html',
  ),
  databricks: row(
    [/(\/serving-endpoints)?(\/anthropic)?(\/v1)?$/, '/serving-endpoints/anthropic/v1'],
    'bearer',
    'https://docs.databricks.com/aws/pt/machine-learning/model-serving/query-anthropic-messages',
  ),
  litellm_proxy: row(BESIDE, 'x-api-key', 'https://docs.litellm.ai/docs/anthropic_unified/'),
  openrouter: row(BESIDE, 'bearer', 'https://openrouter.ai/docs/guides/community/anthropic-agent-sdk'),
  vercel_ai_gateway: row(
    BESIDE,
    'x-api-key',
    'https://vercel.com/docs/ai-gateway/sdks-and-apis/anthropic-messages-api',
  ),
  deepseek: row(UNDER_ANTHROPIC, 'x-api-key', 'https://api-docs.deepseek.com/guides/anthropic_api/'),
  minimax: row(UNDER_ANTHROPIC, 'x-api-key', 'https://platform.minimax.io/docs/api-reference/text-anthropic-api'),
  moonshot: row(UNDER_ANTHROPIC, 'bearer', 'https://docs.netbird.io/agent-network/integrations/kimi'),
  zai: row(
    [/(\/api(\/coding)?\/paas\/v4|\/api\/anthropic)?(\/v1)?$/, '/api/anthropic/v1'],
    'x-api-key',
    'https://github.com/BerriAI/litellm/blob/main/litellm/llms/zai/messages/transformation.py',
  ),
  // Its cloud takes no other key; a server of one's own wants none.
  ollama: row(BESIDE, 'bearer', 'https://docs.ollama.com/api/anthropic-compatibility'),
  ollama_chat: row(BESIDE, 'bearer', 'https://docs.ollama.com/api/anthropic-compatibility'),
  lm_studio: row(BESIDE, 'x-api-key', 'https://lmstudio.ai/docs/developer/anthropic-compat'),
  hosted_vllm: row(BESIDE, 'bearer', 'https://docs.vllm.ai/en/stable/serving/integrations/claude_code/'),
};

/**
 * Where a deployment's Messages API is; undefined: its provider has none.
 * @param apiBase - base URL of its OpenAI-compatible API
 */
export function messagesEndpoint(provider: string, apiBase: string): MessagesEndpoint | undefined {
  const found = Object.hasOwn(MESSAGES_APIS, provider) ? MESSAGES_APIS[provider] : undefined;
  return found && { base: apiBase.replace(...found.base), keyIn: found.keyIn };
}

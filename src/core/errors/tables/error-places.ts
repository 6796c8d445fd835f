/** A place in a JSON body; `*` stands for each element of a list. */
type Path = string;

/**
 * Where providers put what they say of an error, the most precise place first; who does, and where that was read. What
 * stands under `error` or at the top is OpenAI's and most others' (2026-11).
 */
export const ERROR_PLACES = {
  message: [
    'error.message',
    'error.msg',
    'error.detail',
    'error.error.message', // proxies that wrap an answer, ding113/claude-code-hub#662, 2026-01
    'error.*.message',
    'error', // TGI, xAI, Ollama, LM Studio: a text
    'errors.*.message', // Cloudflare, developers.cloudflare.com/workers-ai, 2026-11
    'errors.*',
    'response.error.message', // the last event of Responses
    'base_resp.status_msg', // MiniMax, platform.minimax.io/docs/api-reference/errorcode, 2026-11
    'message', // Mistral, vLLM, Bedrock, DashScope
    'detail', // FastAPI
    'msg', // Zhipu
    'error_msg', // Baidu, cloud.baidu.com/doc/WENXINWORKSHOP, 2026-11
    'error_message',
    'Message', // AWS
    'title', // RFC 9457
  ],
  code: [
    'error.code',
    'error.error.code',
    'error.error_code',
    'error.*.code',
    'errors.*.code',
    'response.error.code',
    'code',
    'error_code',
    'errorCode',
  ],
  type: ['error.type', 'error.error.type', 'response.error.type', 'error_type', 'type', '__type'],
  status: ['error.status', 'error.http_status', 'error.status_code', 'status', 'status_code', 'statusCode'],
  param: ['error.param', 'param'],
  innerCode: [
    'error.innererror.code', // Azure, BerriAI/litellm, 2026-11
    'error.inner_error.code',
    'error.metadata.provider_error_code', // OpenRouter, letta-ai/letta, 2026-11
    'error.metadata.error_type', // OpenRouter, digiogithub/pando#8, 2026-08
  ],
  /** As seconds, or with a unit. */
  retryDelay: [
    'error.details.*.retryDelay', // google.rpc.RetryInfo: Gemini, Vertex AI, Aider-AI/aider#3694, 2025-03
    'details.*.retryDelay',
    'error.retry_after',
    'error.retryAfter',
    'error.retry_after_seconds',
    'error.metadata.retry_after',
    'error.metadata.retry_after_seconds',
    'retry_after',
    'retryAfter',
    'retry_after_seconds',
  ],
  quotaIds: [
    'error.details.*.violations.*.quotaId', // google.rpc.QuotaFailure: Gemini, diegosouzapw/OmniRoute#9504, 2026-07
    'error.details.*.violations.*.subject',
    'error.details.*.metadata.quota_limit', // google.rpc.ErrorInfo
    'details.*.violations.*.quotaId',
  ],
  headers: ['error.metadata.headers', 'metadata.headers'], // OpenRouter, everruns/everruns#2280, 2026-06
  /** The answer of a provider behind the provider, as a text or as JSON. */
  moreTexts: [
    'error.metadata.raw', // OpenRouter, anomalyco/opencode#25458, 2026-05
    'error.upstream_error', // ding113/claude-code-hub#662, 2026-01
    'error.details',
    'error.cause',
    'details',
  ],
} as const satisfies Record<string, readonly Path[]>;

import { checked, honoured, ignored, refused } from './row.js';

export const MODEL_KEYS = honoured('model_name', 'litellm_params', 'model_info');

/** Other keys of `litellm_params` are the provider's. */
export const DEPLOYMENT_KEYS = {
  ...honoured(
    'model',
    'api_key',
    'api_base',
    'organization',
    'custom_llm_provider',
    'order',
    'weight',
    'num_retries',
    'timeout',
  ),
  ...checked('a weight only, so far: rates are not limited', 'rpm'),
  ...checked('no effect yet: concurrency is not limited per deployment', 'max_parallel_requests'),
  ...checked('no effect yet: streams are not served', 'stream_timeout'),
  ...checked('no effect yet: there are no cooldowns', 'cooldown_time'),
  ...ignored("the provider SDK's own retries are always off", 'max_retries'),
  ...ignored('tokens are not limited', 'tpm', 'itpm', 'otpm'),
  ...ignored('use timeout and stream_timeout', 'timeout_by_service_tier', 'stream_timeout_by_service_tier'),
  ...ignored('use timeout', 'request_timeout'),
  ...ignored('the request says whether it streams', 'stream', 'keepalive_seconds', 'allow_client_keepalive_override'),
  ...ignored('deployments are picked by order, then by weight', 'tags', 'tag_regex'),
  ...ignored('parameters go to the provider as they are', 'drop_params', 'additional_drop_params'),
  ...ignored('there are no budgets in money', 'max_budget', 'budget_duration'),
  ...ignored('costs are not computed', 'input_cost_per_*', 'output_cost_per_*'),
  ...ignored('calls are real ones', 'mock_response'),
  ...ignored('sizes are limited by what Temporal can carry', 'max_file_size_mb'),
  ...ignored('only OpenAI-compatible endpoints are called', 'api_version', 'aws_*', 'vertex_*', 'azure_*'),
  ...ignored('headers are not sent yet', 'extra_headers', 'headers', 'default_headers'),
  ...refused('write its keys directly under litellm_params', 'extra_body'),
  ...refused('use api_base', 'base_url'),
  ...refused('write api_key and api_base here', 'litellm_credential_name'),
};

/** Other keys of `model_info` are information of the operator's own. */
export const MODEL_INFO_KEYS = {
  ...honoured('id'),
  ...checked('no effect yet: there are no cooldowns', 'allowed_fails', 'allowed_fails_policy', 'cooldown_time'),
  ...ignored('deployments are picked by order, then by weight', 'tier', 'enable_tag_filtering', 'allow_fail_open'),
  ...refused('remove the deployment instead', 'blocked', 'access_windows'),
};

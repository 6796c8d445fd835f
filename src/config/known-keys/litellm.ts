import { checked, honoured, ignored } from './row.js';

export const LITELLM_KEYS = {
  ...honoured(
    'num_retries',
    'num_retries_per_request',
    'request_timeout',
    'max_fallbacks',
    'fallbacks',
    'context_window_fallbacks',
    'content_policy_fallbacks',
    'default_fallbacks',
  ),
  ...checked('no effect yet: there are no cooldowns', 'allowed_fails'),
  ...ignored('it is read from router_settings only', 'cooldown_time'),
  ...ignored('parameters go to the provider as they are', 'drop_params', 'modify_params'),
  ...ignored('answers are not cached', 'cache', 'cache_params'),
  ...ignored(
    'callbacks are not called yet',
    'callbacks',
    'success_callback',
    'failure_callback',
    'service_callbacks',
    'turn_off_message_logging',
  ),
  ...ignored('logging is set where the process is started', 'json_logs', 'set_verbose', 'log_raw_request_response'),
  ...ignored('secrets are always redacted', 'redact_user_api_key_info', 'redact_messages_in_exceptions'),
  ...ignored('answers are not checked against a schema', 'enable_json_schema_validation'),
  ...ignored('errors always carry the ledger', 'expose_router_debug_in_errors'),
  ...ignored('streams are not served yet', 'sse_keepalive_ping_interval_seconds'),
  ...ignored(
    'there are no budgets in money',
    'max_budget',
    'budget_duration',
    'cost_discount_config',
    'cost_margin_config',
  ),
  ...ignored('there is no telemetry', 'telemetry'),
};

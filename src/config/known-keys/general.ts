import { ignored } from './row.js';

export const GENERAL_KEYS = {
  ...ignored('the gateway does not read its keys from here yet', 'master_key'),
  ...ignored(
    'state lives in Temporal, not in a database of ours',
    'database_url',
    'database_connection_pool_limit',
    'database_connection_timeout',
    'store_model_in_db',
    'store_prompts_in_spend_logs',
    'disable_spend_logs',
    'proxy_batch_write_at',
  ),
  ...ignored(
    'admission is not limited yet',
    'max_parallel_requests',
    'global_max_parallel_requests',
    'max_in_flight_requests_per_worker',
    'max_queued_requests_per_worker',
    'admission_queue_timeout_seconds',
    'disable_retry_on_max_parallel_request_limit_error',
  ),
  ...ignored(
    'sizes are limited by what Temporal can carry',
    'max_request_size_mb',
    'max_response_size_mb',
    'max_batch_file_size_mb',
    'max_batch_file_records',
  ),
  ...ignored('calls outlive their connections', 'cancel_on_disconnect'),
  ...ignored('deployments are judged by their calls', 'background_health_checks', 'health_check_interval'),
  ...ignored(
    'a feature of the LiteLLM proxy',
    'alerting',
    'alerting_threshold',
    'enforce_fallback_model_access',
    'include_call_id_in_error_body',
    'missing_session_id',
    'forward_client_headers_to_llm_api',
    'completion_model',
    'ui_access_mode',
  ),
};

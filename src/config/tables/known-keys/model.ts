import { honoured, ignored } from './row.js';

const BY_ORDER = 'deployments are picked by order, then by weight';

/** An entry of `model_list`. */
export const MODEL_KEYS = honoured('model_name litellm_params model_info blocked');

/** Other keys of `litellm_params` are the provider's. */
export const DEPLOYMENT_KEYS = {
  ...honoured('model api_key api_base base_url api_version organization custom_llm_provider litellm_credential_name'),
  ...honoured('order weight num_retries timeout stream_timeout cooldown_time rpm max_parallel_requests'),
  ...honoured('extra_headers headers default_headers extra_body'),
  ...ignored("the provider SDK's own retries are always off", 'max_retries'),
  ...ignored('tokens are not limited', 'tpm itpm otpm default_api_key_tpm_limit default_api_key_rpm_limit'),
  ...ignored(
    'use timeout and stream_timeout',
    'timeout_by_service_tier stream_timeout_by_service_tier request_timeout',
  ),
  ...ignored('the request says whether it streams', 'stream'),
  ...ignored(
    'every stream is kept alive; general_settings.sse_keepalive_ping_interval_seconds says how often',
    'keepalive_seconds allow_client_keepalive_override',
  ),
  ...ignored(BY_ORDER, 'tags tag_regex provider_affinity_header'),
  ...ignored('parameters go to the provider as they are', 'drop_params additional_drop_params allowed_openai_params'),
  ...ignored('there are no budgets in money', 'max_budget budget_duration'),
  ...ignored('costs are not computed', 'input_cost_per_* output_cost_per_* cache_*_cost* cost_per_second'),
  ...ignored('the provider is really called', 'mock_response mock_timeout mock_delay mock_tool_calls'),
  ...ignored('sizes are limited by what Temporal can carry', 'max_file_size_mb'),
  ...ignored('keys and endpoints come from the config only', 'configurable_clientside_auth_params'),
  ...ignored('write an id, or what else is to be known of it, into model_info beside litellm_params', 'model_info id'),
  ...ignored(
    'requests go to the OpenAI-compatible endpoint as they are',
    `use_in_pass_through use_litellm_proxy use_chat_completions_api use_xai_oauth fireworks_forward_user_id
     merge_reasoning_content_in_choices litellm_trace_id cache_control_injection_points prompt_id prompt_variables
     initial_prompt_value roles final_prompt_value bos_token eos_token hf_model_name`,
  ),
  ...ignored(
    'providers are asked with api_key only',
    `aws_* vertex_* azure_* s3_* bedrock_tags watsonx_region_name region_name tenant_id client_id client_secret
     gcs_bucket_name bucket_name anthropic_federation_* anthropic_identity_* anthropic_issuer_* anthropic_keycloak_*
     anthropic_organization_id anthropic_service_account_id anthropic_disable_workload_identity_federation
     openai_identity_* openai_service_account_id`,
  ),
  ...ignored(
    'model groups and their fallbacks are all there is to route by',
    'auto_router_* complexity_router_* adaptive_router_* quality_router_*',
  ),
  ...ignored(
    'vector stores are not served',
    'vector_store_id vector_bucket_name index_name embedding_model milvus_* valkey_*',
  ),
  ...ignored('guardrails do not run here', 'guardrails'),
  ...ignored('connections are verified against the certificates that Node trusts: NODE_EXTRA_CA_CERTS', 'ssl_verify'),
};

/** Other keys of `model_info` are information of the operator's own. */
export const MODEL_INFO_KEYS = {
  ...honoured('id blocked allowed_fails allowed_fails_policy cooldown_time'),
  ...ignored(BY_ORDER, 'tier enable_tag_filtering allow_fail_open'),
  ...ignored(
    'there are no teams: every caller may use the deployment',
    'access_windows access_groups team_id team_public_model_name',
  ),
  ...ignored(
    'information only',
    'mode base_model max_tokens max_input_tokens max_output_tokens supports_* litellm_provider',
  ),
  ...ignored('information only', 'db_model updated_at updated_by created_at created_by discoverable description'),
  ...ignored('costs are not computed', 'input_cost_per_* output_cost_per_* cache_*_cost* ptu_* cost_per_ptu_per_hour'),
  ...ignored('deployments are judged by their calls', 'health_check_* disable_background_health_check'),
  ...ignored(
    'model groups and their fallbacks are all there is to route by',
    'member_auto_router internal_router_model',
  ),
};

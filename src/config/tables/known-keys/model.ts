import { LITELLM_FIELDS } from '../../../core/plan/litellm-fields.js';
import { honoured, ignored } from './row.js';

const BY_ORDER = 'deployments are picked by order, then by weight';

/** An entry of `model_list`. */
export const MODEL_KEYS = honoured('model_name litellm_params model_info blocked');

/** Other keys of `litellm_params` are the provider's. */
export const DEPLOYMENT_KEYS = {
  ...Object.fromEntries(LITELLM_FIELDS.flatMap(([why, names]) => Object.entries(ignored(why, names)))),
  ...honoured('model api_key api_base base_url api_version organization custom_llm_provider litellm_credential_name'),
  ...honoured('aws_region_name aws_access_key_id aws_secret_access_key aws_session_token aws_profile_name'),
  ...honoured('vertex_project vertex_location vertex_credentials'),
  ...honoured('vertex_ai_project vertex_ai_location vertex_ai_credentials'),
  ...honoured('order weight num_retries timeout stream_timeout cooldown_time rpm tpm max_parallel_requests'),
  ...honoured('extra_headers headers default_headers extra_body'),
  ...ignored("the provider SDK's own retries are always off", 'max_retries'),
  ...ignored('tpm limits the tokens of prompts and answers together', 'itpm otpm'),
  ...ignored('keys have limits of their own', 'default_api_key_tpm_limit default_api_key_rpm_limit'),
  ...ignored('use timeout and stream_timeout', 'timeout_by_service_tier stream_timeout_by_service_tier'),
  ...ignored('the request says whether it streams', 'stream'),
  ...ignored('information only: write it into model_info', 'mode supports_* health_check_*'),
  ...ignored(
    'what LiteLLM logs to is not told of calls here, and no key of it is sent to the provider',
    `langfuse_* langsmith_* humanloop_* arize_* posthog_* weave_* dd_* newrelic_* signoz_* gcs_path_service_account
     success_callback failure_callback callbacks turn_off_message_logging litellm_disabled_callbacks`,
  ),
  ...ignored(
    'a secret that no provider asks for by this name: it is not sent',
    '*_api_key *_secret *_secret_key *_public_key *_access_key *_password *_token',
  ),
  ...ignored(
    'every stream is kept alive; general_settings.sse_keepalive_ping_interval_seconds says how often',
    'keepalive_seconds allow_client_keepalive_override',
  ),
  ...ignored(BY_ORDER, 'tag_regex provider_affinity_header'),
  ...ignored('there are no budgets in money', 'soft_budget'),
  ...ignored('costs are not computed', 'cache_*_cost* *_cost_per_* tiered_pricing'),
  ...ignored('the provider is really called', 'mock_*'),
  ...ignored('sizes are limited by what Temporal can carry', 'max_file_size_mb'),
  ...ignored('write an id, or what else is to be known of it, into model_info beside litellm_params', 'id'),
  ...ignored(
    'requests go to the OpenAI-compatible endpoint as they are',
    `use_chat_completions_api use_xai_oauth fireworks_forward_user_id cache_control_injection_points search_tool_name
     disable_add_transform_inline_image_block acompletion atext_completion aimg_generation text_completion
     complete_response shared_session`,
  ),
  ...ignored(
    'providers are asked with api_key, with AWS keys or a profile of AWS, or with credentials of Google Cloud',
    `aws_* vertex_* azure_* s3_* bedrock_tags watsonx_region_name tenant_id client_id client_secret
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
  ...ignored('connections are verified against the certificates that Node trusts: NODE_EXTRA_CA_CERTS', 'ssl_verify'),
};

/** Other keys of `model_info` are information of the operator's own. */
export const MODEL_INFO_KEYS = {
  ...honoured('id blocked allowed_fails allowed_fails_policy cooldown_time'),
  ...honoured('mode disable_background_health_check health_check_timeout'),
  ...ignored(BY_ORDER, 'tier enable_tag_filtering allow_fail_open'),
  ...ignored(
    'there are no teams: every caller may use the deployment',
    'access_windows access_groups team_id team_public_model_name',
  ),
  ...ignored(
    'information only',
    'base_model max_tokens max_input_tokens max_output_tokens supports_* litellm_provider',
  ),
  ...ignored('information only', 'db_model updated_at updated_by created_at created_by discoverable description'),
  ...ignored('costs are not computed', 'input_cost_per_* output_cost_per_* cache_*_cost* ptu_* cost_per_ptu_per_hour'),
  ...ignored('models of a wildcard are not checked: each cools on its own, when it was asked', 'health_check_model'),
  ...ignored('a check is the cheapest request that a model has', 'health_check_*'),
  ...ignored(
    'model groups and their fallbacks are all there is to route by',
    'member_auto_router internal_router_model',
  ),
};

import { honoured, ignored, refused } from './row.js';

export const LITELLM_KEYS = {
  ...honoured('num_retries num_retries_per_request request_timeout max_fallbacks allowed_fails'),
  ...honoured('sse_keepalive_ping_interval_seconds enable_json_schema_validation'),
  ...honoured('fallbacks context_window_fallbacks content_policy_fallbacks default_fallbacks'),
  ...refused(
    'it would hold for every deployment: write it under router_settings.default_litellm_params',
    'api_base api_version organization headers project',
  ),
  ...refused(
    'it would be for deployments of any provider: write it as api_key of the deployments that it is for',
    'api_key',
  ),
  ...ignored(
    "the provider's key is api_key of its deployments, or its variable",
    `ai21_key aleph_alpha_key amazon_nova_api_key anthropic_key azure_key baseten_key bytez_key clarifai_key
     cloudflare_api_key cohere_key cometapi_key databricks_key datarobot_key gigachat_key gradient_ai_api_key groq_key
     heroku_key huggingface_key inception_key infinity_key lemonade_key llama_api_key maritalk_key nebius_key
     nlp_cloud_key novita_api_key ollama_key openai_key openai_like_key openrouter_key ovhcloud_key predibase_key
     replicate_key snowflake_key togetherai_api_key vercel_ai_gateway_key wandb_key xai_key`,
  ),
  ...refused('use router_settings.model_group_alias', 'model_alias_map'),
  ...ignored('it is read from router_settings only', 'cooldown_time'),
  ...ignored('use fallbacks', 'model_fallbacks'),
  ...ignored(
    'parameters go to the provider as they are',
    `drop_params modify_params add_function_to_prompt max_tokens disable_stop_sequence_limit filter_invalid_headers
     add_user_information_to_llm_headers overwrite_user_with_key_hash openai_system_messages_first
     disable_add_transform_inline_image_block disable_add_prefix_to_prompt disable_copilot_system_to_assistant
     enable_anthropic_prompt_caching anthropic_prompt_caching_ttl disable_anthropic_gemini_context_caching_transform
     forward_traceparent_to_llm_provider bedrock_neutralize_orphaned_tool_blocks bedrock_request_metadata_fields
     enable_gemini_default_thinking_level_low reasoning_auto_summary vertex_ai_safety_settings custom_prompt_dict
     use_chat_completions_url_for_anthropic_messages route_all_chat_openai_to_responses strip_anthropic_total_tokens
     gemini_live_defer_setup disable_vertex_batch_output_transformation disable_add_user_agent_to_request_tags`,
  ),
  ...ignored(
    'answers are not cached',
    `cache cache_params caching caching_with_models enable_redis_auth_cache default_in_memory_ttl default_redis_ttl
     default_redis_batch_cache_expiry enable_caching_on_provider_specific_optional_params force_redis_hash_tag_grouping`,
  ),
  ...ignored(
    "LiteLLM's callbacks are Python: they do not run here. Modules in TypeScript or JavaScript are named by router_settings.callbacks",
    `callbacks success_callback failure_callback service_callback service_callbacks input_callback audit_log_callbacks
     cold_storage_custom_logger callback_settings langfuse_default_tags langfuse_enable_update_trace_keys
     langsmith_batch_size argilla_batch_size argilla_transformation_object datadog_use_v1 gcs_pub_sub_use_v1
     generic_api_use_v1 s3_callback_params s3_audit_callback_params datadog_llm_observability_params datadog_params
     newrelic_params pointfive_params zerobus_params aws_sqs_callback_params generic_logger_headers
     standard_logging_payload_excluded_fields disable_streaming_logging logged_real_time_event_types post_call_rules
     pre_call_rules allow_dynamic_callback_disabling global_disable_no_log_param custom_provider_map
     otel_tenant_destination_mode`,
  ),
  ...ignored('prompts and answers are kept in the history of Temporal, never in logs', 'turn_off_message_logging'),
  ...ignored(
    'logging is set where the process is started',
    `json_logs set_verbose log_raw_request_response log_client_error_tracebacks log_auth_failure_key_identity
     request_correlation_in_logs suppress_debug_info logging error_logs`,
  ),
  ...ignored('secrets are always redacted', 'redact_user_api_key_info redact_messages_in_exceptions'),
  ...ignored('errors always carry the ledger', 'expose_router_debug_in_errors return_response_headers'),
  ...ignored('sse_keepalive_ping_interval_seconds holds for all streams', 'anthropic_sse_ping_interval_seconds'),
  ...ignored('streams are sent on as they come', 'include_cost_in_streaming_usage'),
  ...ignored(
    'there are no budgets in money, and no costs',
    `max_budget budget_duration budget_reset_time budget_rollover budget_exceeded_status_code default_soft_budget
     budget_exceeded_throttle_percentage cost_discount_config cost_margin_config model_cost model_cost_map_url
     tag_budget_config max_user_budget max_internal_user_budget default_max_internal_user_budget
     internal_user_budget_duration max_ui_session_budget max_end_user_budget max_end_user_budget_id
     block_requests_for_models_without_pricing disable_end_user_cost_tracking apply_search_free_tier
     disable_end_user_cost_tracking_prometheus_only enable_end_user_cost_tracking_prometheus_only extra_spend_tag_headers`,
  ),
  ...ignored(
    'connections are as Node makes them: NODE_EXTRA_CA_CERTS adds certificates',
    `ssl_verify ssl_security_level ssl_certificate ssl_ecdh_curve force_ipv4 http2 use_aiohttp_transport
     disable_aiohttp_transport aiohttp_trust_env disable_aiohttp_trust_env client_session aclient_session
     in_memory_llm_clients_cache safe_memory_mode`,
  ),
  ...ignored(
    'guardrails do not run here',
    `guardrails blocked_user_list banned_keywords_list llm_guard_mode llamaguard_model_name presidio_ad_hoc_recognizers
     llamaguard_unsafe_content_categories openai_moderations_model_name google_moderation_confidence_threshold
     guardrail_name_config_map output_parse_pii skip_system_message_in_guardrail skip_tool_message_in_guardrail
     user_url_validation user_url_allowed_hosts provider_url_destination_allowed_hosts`,
  ),
  ...ignored(
    'a feature of the LiteLLM proxy',
    `prometheus_* custom_prometheus_* require_auth_for_metrics_endpoint store_audit_logs key_generation_settings
     default_key_generate_params default_key_max_budget_alert_emails upperbound_key_generate_params key_alias_pattern
     enable_key_alias_format_validation default_internal_user_params default_team_params default_team_settings
     validate_end_user_id_in_db public_* mcp_aliases mcp_tool_search agent_search_embedding_model
     skill_search_embedding_model priority_reservation priority_reservation_settings prompt_name_config_map
     global_prompt_directory global_bitbucket_config global_gitlab_config responses model_group_settings
     enable_loadbalancing_on_batch_endpoints require_managed_files enable_preview_features use_litellm_proxy use_client
     enable_model_config_credential_overrides disable_token_counter disable_hf_tokenizer_download credential_list
     enable_azure_ad_token_refresh common_cloud_provider_auth_params secret_manager_client vector_store_registry
     vector_store_index_registry vector_store_search_failure_mode check_provider_endpoint dynamodb_table_name
     blog_posts_url anthropic_beta_headers_url autorouter_presets_url network_mock retry email token`,
  ),
  ...ignored('there is no telemetry', 'telemetry'),
  ...ignored('providers are asked with api_key only', 'vertex_project vertex_location vertex_credentials'),
};

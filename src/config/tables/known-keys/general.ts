import { honoured, ignored } from './row.js';

export const GENERAL_KEYS = {
  ...honoured('master_key api_keys global_max_parallel_requests sse_keepalive_ping_interval_seconds'),
  ...honoured('key_max_parallel_requests key_max_parallel_uploads key_max_stored_mb max_receiving_mb'),
  ...honoured('forward_client_headers_to_llm_api'),
  ...honoured('background_health_checks health_check_interval'),
  // Ours, beside LiteLLM's.
  ...honoured('exhausted_call_status durability first_attempt'),
  ...honoured('max_num_retries max_call_timeout default_call_timeout max_fallbacks_per_call'),
  ...ignored('the request names its model', 'completion_model embedding_model image_generation_model moderation_model'),
  ...ignored('the request names its model', 'infer_model_from_keys'),
  ...ignored(
    'state lives in Temporal, not in a database of ours',
    `database_url database_type database_args database_connection_pool_limit database_connection_timeout
     database_connection_pool_timeout database_connect_timeout database_socket_timeout database_statement_timeout
     database_lock_timeout database_max_idle_connection_lifetime database_extra_connection_params
     database_disable_prepared_statements disable_prisma_schema_update allow_requests_on_db_unavailable
     store_model_in_db supported_db_objects store_prompts_in_spend_logs disable_spend_logs disable_spend_updates
     disable_error_logs proxy_batch_write_at proxy_config_reload_interval_seconds use_redis_transaction_buffer
     coordination_redis`,
  ),
  ...ignored(
    'global_max_parallel_requests limits admission; rpm and max_parallel_requests of a deployment are kept by waiting',
    `max_parallel_requests max_in_flight_requests_per_worker max_queued_requests_per_worker
     admission_queue_timeout_seconds disable_retry_on_max_parallel_request_limit_error token_rate_limit_type
     fail_closed_rate_limit_enforcement`,
  ),
  ...ignored(
    'sizes are limited by what Temporal can carry',
    `max_request_size_mb max_response_size_mb max_batch_file_size_mb max_batch_file_records max_file_size_mb
     max_batch_file_uploads_per_day max_file_downloads_per_minute allowed_file_extensions blocked_file_extensions`,
  ),
  ...ignored('a request says so itself: x-holdfast-on-disconnect', 'cancel_on_disconnect'),
  ...ignored('a gateway drains when it gets SIGTERM', 'enable_drain_endpoint drain_endpoint_token'),
  ...ignored(
    'deployments are judged by their calls, and by checks where background_health_checks is on',
    `health_check_details health_check_concurrency
     health_check_skip_disabled_background_models background_health_check_model_groups enable_health_check_routing
     health_check_staleness_threshold health_check_ignore_transient_errors use_shared_health_check
     model_list_healthy_only allow_public_health_readiness_details`,
  ),
  ...ignored(
    'there are no users, teams and keys of a proxy',
    `custom_auth custom_auth_run_common_checks custom_key_generate custom_key_update custom_key_policy custom_sso
     custom_ui_sso_sign_in_handler custom_team_metadata_validate allow_user_auth allowed_ips allowed_routes public_routes
     admin_only_routes enforced_params enforce_user_param enforce_rbac role_permissions enable_jwt_auth litellm_jwtauth
     enable_oauth2_auth enable_oauth2_proxy_auth oauth2_config_mappings litellm_key_header_name litellm_license
     service_account_settings user_header_name user_header_mappings user_api_key_cache_ttl user_api_key_cache_max_size
     allow_client_side_credentials disable_custom_api_keys disable_master_key_return disable_adding_master_key_hash_to_db
     disable_key_generate_for_org_admin disable_auto_add_proxy_admin_to_teams default_team_disabled
     use_team_public_model_name team_metadata_schema team_metadata_validation_error_message
     team_metadata_validation_timeout reject_clientside_metadata_tags disable_env_credential_login
     hide_default_credentials_hint disable_password_login_when_sso_enabled auto_redirect_ui_login_to_sso
     allow_cli_sso_verification_uri_complete max_failed_login_attempts max_failed_login_attempts_per_source
     max_failed_login_attempts_per_source_overrides failed_login_window_seconds failed_login_block_seconds
     password_policy_min_length password_policy_require_uppercase password_policy_require_lowercase
     password_policy_require_numbers password_policy_require_special_characters password_policy_check_breached_passwords
     dangerously_permit_weak_or_unset_master_key disable_responses_id_security allow_unmanaged_response_ids
     enforce_fallback_model_access`,
  ),
  ...ignored('keys are read from variables: os.environ/NAME', 'key_management_system key_management_settings'),
  ...ignored('keys are read from variables: os.environ/NAME', 'use_azure_key_vault use_google_kms'),
  ...ignored(
    'there are no budgets in money, and no costs',
    `enforce_fallback_budget disable_reset_budget disable_budget_reservation fail_closed_budget_enforcement
     apply_user_budget_to_team_keys proxy_budget_rescheduler_min_time proxy_budget_rescheduler_max_time
     spend_report_frequency spend_logs_metadata_fields spend_capture_rate_check track_unmanaged_batch_cost
     scope_spend_list_endpoints_to_caller legacy_unscoped_spend_list_endpoints use_spend_logs_partitioning
     maximum_spend_logs_retention_period maximum_spend_logs_retention_interval maximum_spend_logs_cleanup_cron
     maximum_spend_logs_cleanup_batch_size maximum_spend_logs_cleanup_max_batches
     maximum_spend_logs_cleanup_run_budget maximum_spend_logs_cleanup_batch_timeout
     maximum_autorouter_session_retention_period maximum_health_check_retention_period
     maximum_daily_tag_spend_retention_period`,
  ),
  ...ignored('forward_client_headers_to_llm_api may name it: openai-organization', 'forward_openai_org_id'),
  ...ignored('keys come from the config only', 'forward_llm_provider_auth_headers'),
  ...ignored('every error carries the ledger', 'include_call_id_in_error_body expose_fallback_errors_to_caller'),
  ...ignored(
    'a feature of the LiteLLM proxy',
    `alerting alerting_threshold alerting_args alert_types alert_type_config alert_to_webhook_url missing_session_id
     always_include_stream_usage proxy_batch_polling_interval scheduled_job_stagger
     disable_batch_input_file_rate_limiting skip_batch_input_file_rate_limiting_for_providers
     skip_batch_input_file_rate_limiting_for_models pass_through_endpoints pass_through_request_timeout
     use_client_credentials_pass_through_routes enable_openai_websocket_passthrough passthrough_managed_object_ids
     disable_bedrock_agent_runtime_passthrough responses_websocket_session_limit_seconds disable_model_info_refresh
     ui_access_mode enable_public_model_hub control_plane_url enable_claude_code_gateway
     claude_code_gateway_managed_settings use_x_forwarded_for trusted_proxy_ranges user_mcp_management_mode
     enable_mcp_registry mcp_internal_ip_ranges mcp_advertised_versions mcp_allowed_clients mcp_client_id_header
     mcp_client_side_auth_header_name mcp_trusted_proxy_ranges mcp_xff_num_trusted_hops mcp_required_fields
     mcp_prefer_client_id_metadata_document mcp_allow_all_keys_respects_mcp_scope mcp_session_token_signing
     require_end_user_mcp_access_defined require_key_mcp_access_defined vector_store_deny_by_default
     search_tool_deny_by_default search_tools plugins otel tracing transcribe_media_buckets user_url_validation
     user_url_allowed_hosts provider_url_destination_allowed_hosts`,
  ),
};

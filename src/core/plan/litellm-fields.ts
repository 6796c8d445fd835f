/**
 * What LiteLLM's clients write into a body for LiteLLM itself, and no provider knows (its documents on proxy requests,
 * caching, tags, guardrails, logging and Router tests; 1.106, read 2026-11). A name that ends with `*` stands for all that begin so.
 */
export const isLiteLlmField = names(`
  litellm_* user_api_key* mock_testing_* mock_response mock_timeout mock_delay mock_tool_calls
  tags guardrails guardrail_config disable_global_guardrails policies priority
  cache caching cache_key preset_cache_key caching_groups ttl s-maxage no-cache no-store no-log
  drop_params additional_drop_params allowed_openai_params modify_params
  custom_llm_provider base_model model_info model_config model_list model_file_id_mapping
  request_timeout force_timeout context_window_fallback_dict retry_strategy cooldown_time fastest_response
  include_fallback_errors enable_tag_filtering fallback_depth allowed_model_region region_name
  rpm tpm max_parallel_requests weight order max_budget budget_duration
  input_cost_per_* output_cost_per_* cost_per_*
  prompt_id prompt_variables prompt_version prompt_label
  use_in_pass_through use_client use_litellm_proxy configurable_clientside_auth_params
  merge_reasoning_content_in_choices ensure_alternating_roles user_continue_message assistant_continue_message
  supports_system_message roles initial_prompt_value final_prompt_value bos_token eos_token hf_model_name
  proxy_server_request provider_specific_header secret_fields logger_fn verbose
`);

/** The same inside `metadata`, whose other keys are the provider's: what LiteLLM's logging and its integrations read. */
export const isLiteLlmMetadata = names(`
  holdfast litellm_* user_api_key* tags guardrails disable_global_guardrails applied_guardrails policies
  spend_logs_metadata requester_metadata requester_ip_address user_agent headers endpoint hidden_params
  model_group model_info deployment api_base previous_models caching_groups cache_key no-log
  trace_id existing_trace_id trace_name trace_user_id trace_metadata trace_release trace_version update_trace_keys
  session_id generation_id generation_name parent_observation_id mask_input mask_output debug_langfuse
  run_name project_name opik
`);

function names(text: string): (name: string) => boolean {
  const all = text.trim().split(/\s+/);
  const exact = new Set(all);
  const prefixes = all.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

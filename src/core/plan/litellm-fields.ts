/**
 * What LiteLLM keeps to itself and no provider knows, and why it does nothing here: in the body of a request, where its
 * clients write it for LiteLLM, and among the `litellm_params` of a deployment (its documents on proxy requests, configs,
 * caching, tags, guardrails, logging and Router tests; 1.106, read 2026-11). A name that ends with `*` stands for all that
 * begin so. Among `litellm_params` some of them have an effect: these have rows of their own there.
 */
export const LITELLM_FIELDS: readonly (readonly [why: string, names: string])[] = [
  ['the provider is really called', 'mock_testing_* mock_response mock_timeout mock_delay mock_tool_calls'],
  ['deployments are picked by order, then by weight', 'tags enable_tag_filtering weight order'],
  ['guardrails do not run here', 'guardrails guardrail_config disable_global_guardrails policies'],
  ['answers are not cached', 'cache caching cache_key preset_cache_key caching_groups ttl s-maxage no-cache no-store'],
  [
    'what LiteLLM logs to is not told of calls here, and no key of it is sent to the provider',
    'no-log logger_fn verbose user_api_key*',
  ],
  [
    'parameters go to the provider as they are',
    'drop_params additional_drop_params allowed_openai_params modify_params',
  ],
  ['information only: write it into model_info', 'base_model'],
  ['write an id, or what else is to be known of it, into model_info beside litellm_params', 'model_info'],
  ['use timeout and stream_timeout', 'request_timeout force_timeout'],
  ['limits are those of deployments', 'rpm tpm max_parallel_requests cooldown_time'],
  ['there are no budgets in money', 'max_budget budget_duration'],
  ['costs are not computed', 'input_cost_per_* output_cost_per_* cost_per_*'],
  ['who waits has its place by the fairness of keys and batches', 'priority'],
  [
    'requests go to the OpenAI-compatible endpoint as they are',
    `litellm_* custom_llm_provider model_config model_list model_file_id_mapping
     context_window_fallback_dict retry_strategy fastest_response include_fallback_errors fallback_depth
     allowed_model_region region_name use_in_pass_through use_client use_litellm_proxy
     prompt_id prompt_variables prompt_version prompt_label
     merge_reasoning_content_in_choices ensure_alternating_roles user_continue_message assistant_continue_message
     supports_system_message roles initial_prompt_value final_prompt_value bos_token eos_token hf_model_name
     proxy_server_request provider_specific_header secret_fields`,
  ],
  ['keys and endpoints come from the config only', 'configurable_clientside_auth_params'],
];

/** Whether a field of a body is one of these. */
export const isLiteLlmField = names(LITELLM_FIELDS.map(([, fields]) => fields).join(' '));

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

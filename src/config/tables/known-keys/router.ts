import { honoured, ignored } from './row.js';

export const ROUTER_KEYS = {
  ...honoured('num_retries retry_policy model_group_retry_policy timeout stream_timeout retry_after'),
  ...honoured('max_fallbacks fallbacks context_window_fallbacks content_policy_fallbacks default_fallbacks'),
  ...honoured('model_group_alias default_litellm_params default_max_parallel_requests'),
  ...honoured('allowed_fails allowed_fails_policy cooldown_time disable_cooldowns'),
  // Ours, beside LiteLLM's.
  ...honoured('num_retries_per_request max_retry_delay fallback_reserve max_lost_attempts stream_idle_timeout'),
  ...honoured('fallback_approval callbacks'),
  ...ignored(
    'deployments are picked by order, then by weight',
    `routing_strategy routing_strategy_args routing_groups enable_weighted_failover enable_tag_filtering
     tag_filtering_match_any tag_routing_prefix auto_router_capability_limit`,
  ),
  ...ignored("the provider SDK's own retries are always off", 'max_retries'),
  ...ignored(
    'requests are not checked against a deployment before the call',
    `enable_pre_call_checks optional_pre_call_checks deployment_affinity_ttl_seconds model_group_affinity_config
     fallback_access_check fallback_budget_check`,
  ),
  ...ignored('Temporal queues the calls', 'default_priority polling_interval'),
  ...ignored('there are no budgets in money', 'provider_budget_config'),
  ...ignored('answers are not cached', 'cache_responses caching_groups cache_kwargs'),
  ...ignored(
    'state lives in Temporal, not in Redis',
    'redis_url redis_host redis_port redis_password redis_db redis_startup_nodes redis_ssl',
  ),
  ...ignored(
    'deployments are judged by their calls',
    `enable_health_check_routing health_check_staleness_threshold health_check_ignore_transient_errors
     background_health_check_model_groups`,
  ),
  ...ignored('clients are kept as long as the worker', 'client_ttl'),
  ...ignored('logging is set where the process is started', 'set_verbose debug_level'),
  ...ignored('a wrong deployment is always an error', 'ignore_invalid_deployments'),
  ...ignored(
    'a feature of the LiteLLM proxy',
    'alerting_config assistants_config search_tools guardrail_list plugins router_general_settings',
  ),
};

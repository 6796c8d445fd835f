import { honoured, ignored } from './row.js';

export const TOP_KEYS = {
  ...honoured(
    'model_list router_settings litellm_settings general_settings include environment_variables credential_list',
    'encryption external_storage webhooks',
  ),
  ...ignored(
    "LiteLLM's callbacks are Python: they do not run here. Modules in TypeScript or JavaScript are named by router_settings.callbacks",
    'callback_settings',
  ),
  ...ignored('guardrails do not run here: prompts and answers go through unchecked', 'guardrails'),
  ...ignored(
    'a feature of the LiteLLM proxy',
    `agent_list agents assistant_settings default_vertex_config files_settings finetune_settings mcp_aliases
     mcp_servers mcp_tools policies policy_attachments prompts sandbox_tools search_tools vector_store_registry
     worker_registry`,
  ),
};

export const ENCRYPTION_KEYS = honoured('keys');

export const EXTERNAL_STORAGE_KEYS = honoured('location max_payload_mb');

/** An entry of `webhooks`. */
export const WEBHOOK_KEYS = honoured('name url secret events');

/** An entry of `encryption.keys`. */
export const ENCRYPTION_KEY_KEYS = honoured('id key');

/** An entry of `credential_list`. */
export const CREDENTIAL_KEYS = {
  ...honoured('credential_name credential_values'),
  ...ignored('a description', 'credential_info'),
};

import { honoured, ignored, refused } from './row.js';

export const TOP_KEYS = {
  ...honoured('model_list', 'router_settings', 'litellm_settings', 'general_settings'),
  ...ignored('set variables where the workers run', 'environment_variables'),
  ...ignored('callbacks are not called yet', 'callback_settings'),
  ...ignored('there are no guardrails yet', 'guardrails'),
  ...ignored('vector stores, tools and servers of the proxy are not served', 'vector_store_registry', 'mcp_servers'),
  ...ignored('credentials are read from litellm_params only', 'credential_list'),
  ...ignored('model groups are all there is to route to', 'files_settings', 'finetune_settings'),
  ...refused('put everything in one file', 'include'),
};

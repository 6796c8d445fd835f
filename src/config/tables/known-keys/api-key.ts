import { honoured } from './row.js';

/** An entry of `general_settings.api_keys`. */
export const API_KEY_KEYS = honoured(
  'id sha256 next_sha256 expires models rpm_limit max_parallel_requests max_parallel_uploads max_stored_mb durability',
  'max_num_retries max_call_timeout default_call_timeout max_fallbacks_per_call',
);

/**
 * MiniMax tells errors under a 200, by a number in `base_resp.status_code`: what others call them
 * (platform.minimax.io/docs/api-reference/errorcode, read 2026-11). The other numbers say too little.
 */
export const CODE_OF_MINIMAX: Readonly<Record<number, string>> = {
  1001: 'timeout',
  1002: 'rate_limit_exceeded',
  1004: 'authentication_error',
  1008: 'insufficient_balance',
  1026: 'content_filter',
  1027: 'content_filter',
  1039: 'context_length_exceeded',
  1041: 'rate_limit_exceeded',
  2013: 'invalid_request_error',
  2049: 'invalid_api_key',
  2056: 'usage_limit_reached',
};

import { stringify } from 'yaml';
import { GOOD_MODEL } from './kinds.js';

/** Groups by name, each with the provider's model, whose name is what the provider does. */
const GROUPS = {
  good: GOOD_MODEL,
  'one-retry': `429,${GOOD_MODEL}`,
  'three-retries': `429x3,${GOOD_MODEL}`,
  down: '400',
  'down-too': '400',
} satisfies Record<string, string>;

export type Group = keyof typeof GROUPS;

/** A config of usual size: a policy, fallbacks, and no wait worth mentioning. */
export function holdfastConfig(providerUrl: string): string {
  return stringify({
    model_list: Object.entries(GROUPS).map(([group, model]) => ({
      model_name: group,
      litellm_params: { model: `openai/${model}`, api_base: `${providerUrl}/v1`, api_key: 'none' },
    })),
    router_settings: {
      max_retry_delay: 0.05,
      retry_policy: { RateLimitErrorRetries: 5, TimeoutErrorRetries: 3, BadRequestErrorRetries: 0 },
      fallbacks: [{ good: ['down'] }, { 'one-retry': ['good'] }, { down: ['good'] }, { 'down-too': ['down', 'good'] }],
    },
  });
}

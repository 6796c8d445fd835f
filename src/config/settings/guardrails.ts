import type { Findings } from '../findings/findings.js';
import { isObject } from '../sections/read-section.js';

/**
 * Guardrails do not run here, which the table of keys notes. One that LiteLLM runs on every call is an error: its owner
 * counts on it, and prompts would reach the provider that must not.
 */
export function checkGuardrails(root: object, findings: Findings): void {
  const { guardrails } = root as { guardrails?: unknown };
  for (const [index, item] of (Array.isArray(guardrails) ? guardrails : []).entries()) {
    const params: unknown = isObject(item) ? (item as { litellm_params?: unknown }).litellm_params : undefined;
    if (!isObject(params) || (params as { default_on?: unknown }).default_on !== true) continue;
    findings.problem(
      ['guardrails', index, 'litellm_params', 'default_on'],
      'a guardrail for every call cannot run here: put a proxy that runs it in front of the provider (LiteLLM for ' +
        'instance, as api_base), and take it out of this file',
    );
  }
}

import type { ErrorKind } from '../error-kinds.js';

type SpecificKind = Extract<
  ErrorKind,
  'ContextWindowExceededError' | 'ContentPolicyViolationError' | 'UnsupportedParamsError'
>;

/** Statuses under which a code or a text may say that an error is of such a kind. */
export const STATUSES_OF_KIND: Readonly<Record<SpecificKind, readonly number[]>> = {
  ContextWindowExceededError: [400, 413, 422],
  // 451 is StepFun's.
  ContentPolicyViolationError: [400, 403, 451],
  UnsupportedParamsError: [400],
};

/** Codes and types that have a kind of their own, in small letters; who writes them, and where that was read. */
export const KIND_OF_CODE: Readonly<Record<string, SpecificKind>> = {
  context_length_exceeded: 'ContextWindowExceededError', // OpenAI, Azure, Groq, Cerebras; 2026-11
  context_window_exceeded: 'ContextWindowExceededError',
  model_context_window_exceeded: 'ContextWindowExceededError', // Zhipu; earendil-works/pi, 2026-11
  exceed_context_size_error: 'ContextWindowExceededError', // llama.cpp; ggml-org/llama.cpp#15780, 2025-09
  request_too_large: 'ContextWindowExceededError', // Anthropic; earendil-works/pi, 2026-11
  model_max_prompt_tokens_exceeded: 'ContextWindowExceededError', // GitHub Copilot; 2026-11
  tokens_limit_reached: 'ContextWindowExceededError', // GitHub Models; 2026-11
  '1261': 'ContextWindowExceededError', // Zhipu; octo-agent#2124, 2026-11
  '3051': 'ContextWindowExceededError', // Mistral; earendil-works/pi, 2026-11

  content_policy_violation: 'ContentPolicyViolationError', // OpenAI
  content_filter: 'ContentPolicyViolationError', // Azure, Moonshot; MoonshotAI/kimi-cli#1002, 2026-02
  content_filter_policy: 'ContentPolicyViolationError', // Azure
  moderation_blocked: 'ContentPolicyViolationError', // OpenAI, images
  responsibleaipolicyviolation: 'ContentPolicyViolationError', // Azure
  data_inspection_failed: 'ContentPolicyViolationError', // DashScope; camel-ai/owl#432, 2025-04
  datainspectionfailed: 'ContentPolicyViolationError',
  sensitive_words_detected: 'ContentPolicyViolationError', // one-api, new-api; 2026-11
  censorship_blocked: 'ContentPolicyViolationError', // StepFun; platform.stepfun.com, 2026-11
  '1301': 'ContentPolicyViolationError', // Zhipu; langchain4j/langchain4j#1079, 2024-05

  unsupported_parameter: 'UnsupportedParamsError', // OpenAI
  unknown_parameter: 'UnsupportedParamsError', // OpenAI
};

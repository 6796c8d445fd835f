import type { TextRow } from './text-row.js';

/** What is written when a prompt, or its answer, is against a provider's rules for content. */
export const CONTENT_POLICY_TEXTS: readonly TextRow[] = [
  {
    text: /invalid prompt.*violating our usage policy/is,
    by: 'OpenAI',
    source: 'alan-turing-institute/t0-1#69',
    date: '2025-08',
  },
  {
    text: /limited access to this content for safety reasons/i,
    by: 'OpenAI',
    source: 'openai/codex',
    date: '2026-11',
  },
  {
    text: /rejected (?:as a result of|by) (?:the|our) safety system/i,
    by: 'OpenAI',
    source: 'BerriAI/litellm',
    date: '2026-11',
  },
  { text: /triggering azure openai's content management/i, by: 'Azure', source: 'BerriAI/litellm', date: '2026-11' },
  {
    text: /blocked by content filtering policy/i,
    by: 'Anthropic',
    source: 'anthropics/claude-code#4379',
    date: '2025-07',
  },
  {
    text: /violates? google's responsible ai/i,
    by: 'Vertex AI',
    source: 'googleapis/python-aiplatform',
    date: '2026-11',
  },
  {
    text: /content violates usage guidelines/i,
    by: 'xAI (403)',
    source: 'UKGovernmentBEIS/inspect_ai#2267',
    date: '2025-08',
  },
  { text: /content exists risk/i, by: 'DeepSeek', source: 'deepseek-ai/DeepSeek-V2#30', date: '2024-05' },
  { text: /considered high risk/i, by: 'Moonshot', source: 'MoonshotAI/kimi-cli#1002', date: '2026-02' },
  {
    text: /(?:may|might) contain inappropriate content/i,
    by: 'DashScope',
    source: 'camel-ai/owl#432',
    date: '2025-04',
  },
  {
    text: /不安全或敏感|敏感内容|内容审核|内容安全/,
    by: 'Zhipu (1301), one-api',
    source: 'langchain4j/langchain4j#1079',
    date: '2024-05',
  },
  {
    text: /(?:unsafe or sensitive|sensitive) (?:content|information|words)/i,
    by: 'Zhipu, Volcengine, Baidu',
    source: 'docs.z.ai/api-reference/api-code',
    date: '2026-11',
  },
  { text: /SensitiveContentDetected/, by: 'Volcengine', source: 'volcengine.com/docs/82379/1299023', date: '2026-11' },
  {
    text: /(?:input|output) new_sensitive/i,
    by: 'MiniMax (1026, 1027)',
    source: 'platform.minimax.io/docs/api-reference/errorcode',
    date: '2026-11',
  },
  {
    text: /content you provided or machine outputted is blocked/i,
    by: 'StepFun',
    source: 'platform.stepfun.com/docs',
    date: '2026-11',
  },
  {
    text: /requires moderation on .*flagged/is,
    by: 'OpenRouter (403)',
    source: 'openrouter.ai/docs/api-reference/errors',
    date: '2026-11',
  },
  { text: /\bNSFW content\b/i, by: 'Replicate, Together', source: 'replicate.com/docs', date: '2026-11' },
  {
    text: /^(?!.*\b(?:account|organi[sz]ation)\b).*\b(?:blocked|rejected|flagged|refused|violat\w+)\b.{0,80}\b(?:content (?:policy|policies|filter\w*|moderation)|moderation|guardrails?|safety (?:systems?|polic\w+|filter\w*))\b/is,
    by: 'servers without a word of their own',
    source: 'BerriAI/litellm',
    date: '2026-11',
  },
  {
    text: /\blitellm\.ContentPolicyViolationError\b/,
    by: "LiteLLM's proxy",
    source: 'BerriAI/litellm 1.106',
    date: '2026-11',
  },
];

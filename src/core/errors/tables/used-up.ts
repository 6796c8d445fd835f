import type { TextRow } from './text-row.js';

/** Codes and types of a 429 that stand for a quota or a balance which no wait brings back soon. In small letters. */
export const USED_UP_CODES: readonly string[] = [
  // OpenAI, Azure
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'usage_limit_reached',
  // Moonshot, MoonshotAI/kimi-code#1857, 2026-07
  'exceeded_current_quota_error',
  // Zhipu, docs.z.ai/api-reference/api-code, 2026-11: no balance, the limits of a day, of some hours, of a plan, of a week
  '1113',
  '1304',
  '1308',
  '1309',
  '1310',
  // gateways and resellers
  'insufficient_balance',
  'insufficient_credits',
  'insufficient_funds',
  'not_enough_balance',
  'budget_exceeded',
  'spending_limit_reached',
  'arrearage',
  'accountoverdueerror',
  'setlimitexceeded',
];

/** The quotas of a `google.rpc.QuotaFailure` that are used up for the day. */
export const USED_UP_QUOTA_ID = /PerDay/i;

/** The same in words. That some daily limits roll, and are free again in seconds, is why "per day" alone is none. */
export const USED_UP_TEXTS: readonly TextRow[] = [
  // Gemini begins with the same words for its limits of a minute.
  {
    text: /exceeded your current quota.*platform\.openai\.com/is,
    by: 'OpenAI, behind proxies',
    source: 'GaiZhenbiao/ChuanhuChatGPT#792',
    date: '2023-06',
  },
  {
    text: /GenerateRequestsPerDay/i,
    by: 'Gemini, behind proxies',
    source: 'diegosouzapw/OmniRoute#9504',
    date: '2026-07',
  },
  { text: /free-models-per-day/i, by: 'OpenRouter', source: 'Gitlawb/openclaude#936', date: '2026-05' },
  {
    text: /\b(?:insufficient|not enough|no)\b.{0,20}\b(?:balance|credits?|funds)\b/i,
    by: 'Zhipu, Moonshot, DeepSeek, OpenRouter',
    source: 'anomalyco/opencode#25458',
    date: '2026-05',
  },
  {
    text: /\b(?:balance|credits?)\b.{0,30}\b(?:too low|not enough|insufficient|exhausted|depleted|used up|run out)\b/i,
    by: 'Anthropic, gateways',
    source: 'lobehub/lobehub#13740',
    date: '2026-04',
  },
  { text: /\bused all available credits\b/i, by: 'xAI', source: 'continuedev/continue#10373', date: '2026-02' },
  {
    text: /\b(?:monthly|weekly|daily)\b.{0,20}\b(?:spend(?:ing)? limit|included credits|quota|allocation|allowance|usage limit)\b/i,
    by: 'xAI, Hugging Face, GitHub, Cloudflare',
    source: 'github/app#3166',
    date: '2026-08',
  },
  {
    text: /weekly\/monthly limit exhausted/i,
    by: 'Zhipu (1310)',
    source: 'docs.z.ai/api-reference/api-code',
    date: '2026-11',
  },
  {
    text: /\btokens? per day limit exceeded\b/i,
    by: 'Cerebras',
    source: 'inference-docs.cerebras.ai/support/error',
    date: '2026-11',
  },
  { text: /\btoo many tokens per day\b/i, by: 'Bedrock', source: 'lobehub/lobehub#13740', date: '2026-04' },
  { text: /\bexceeded for \w*ByModelByDay\b/i, by: 'GitHub Models', source: 'cline/cline', date: '2025-04' },
  {
    text: /trial key.*limited to .* calls? ?\/ ?month/is,
    by: 'Cohere',
    source: 'docs.cohere.com/docs/rate-limits',
    date: '2026-11',
  },
  { text: /budget has been exceeded/i, by: "LiteLLM's proxy", source: 'BerriAI/litellm', date: '2026-11' },
  {
    text: /余额不足|额度不足|欠费|额度已(?:用尽|用完|耗尽)|配额已(?:用尽|用完)/,
    by: 'one-api, SiliconFlow',
    source: '7836246/cursor2api#30',
    date: '2026-03',
  },
];

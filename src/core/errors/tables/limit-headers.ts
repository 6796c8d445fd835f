/** Headers that tell of one limit: what is left of it, and when it is full again. */
interface LimitRow {
  /** The name of the limit is its only group, empty where there is just one. */
  readonly remaining: RegExp;
  readonly reset: RegExp;
  readonly by: string;
  readonly source: string;
  readonly date: string;
}

/** Names in small letters. */
export const LIMIT_HEADERS: readonly LimitRow[] = [
  {
    remaining: /^x-rate-?limit-remaining(?:-(.+))?$/,
    reset: /^x-rate-?limit-reset(?:-(?!after$)(.+))?$/,
    by: 'OpenAI, Azure, Groq, Cerebras, OpenRouter, Together, Fireworks, SambaNova',
    source: 'platform.openai.com/docs/guides/rate-limits; Aider-AI/aider#3550',
    date: '2026-11',
  },
  {
    remaining: /^x-rate-?limit-remaining(?:-(.+))?$/,
    reset: /^x-rate-?limit-reset-after()$/,
    by: 'gateways',
    source: 'everruns/everruns#2280',
    date: '2026-06',
  },
  {
    remaining: /^anthropic-ratelimit-(.+)-remaining$/,
    reset: /^anthropic-ratelimit-(.+)-reset$/,
    by: 'Anthropic',
    source: 'docs.anthropic.com/en/api/rate-limits',
    date: '2026-11',
  },
  {
    remaining: /^ratelimit(?:bysize)?-remaining(?:-(.+))?$/,
    reset: /^ratelimit(?:bysize)?-reset(?:-(.+))?$/,
    by: 'the IETF draft, Mistral, Hugging Face',
    source: 'draft-ietf-httpapi-ratelimit-headers-06',
    date: '2026-11',
  },
];

/** Whether a header tells of a limit. */
export function isLimitHeader(name: string): boolean {
  return LIMIT_HEADERS.some(({ remaining, reset }) => remaining.test(name) || reset.test(name));
}

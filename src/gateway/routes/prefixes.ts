/** What clients put before the paths of OpenAI's API: LiteLLM's put nothing, Azure's newer ones `/openai/v1` or `/openai`. */
export const PREFIXES = ['/v1', '', '/openai/v1', '/openai'] as const;

/** The one that is described; the others are other names of it. */
export const DESCRIBED_PREFIX = '/v1' satisfies (typeof PREFIXES)[number];

/** Under these the model is a part of the path: `/openai/deployments/MODEL/chat/completions`. */
export const MODEL_PREFIXES = ['/openai/deployments', '/engines', '/v1/engines'] as const;

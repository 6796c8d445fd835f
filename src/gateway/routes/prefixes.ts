import type { Api } from '../../core/common/operations.js';

/** The one that is described; the others are other names of it. */
export const DESCRIBED_PREFIX = '/v1';

/** What clients put before the paths of OpenAI's API: LiteLLM's put nothing, Azure's newer ones `/openai/v1` or `/openai`. */
export const PREFIXES = [DESCRIBED_PREFIX, '', '/openai/v1', '/openai'] as const;

/** What they put before the paths of each API: LiteLLM's have `/anthropic` before Anthropic's. */
export const PREFIXES_OF: Readonly<Record<Api, readonly string[]>> = {
  openai: PREFIXES,
  anthropic: [DESCRIBED_PREFIX, '/anthropic/v1'],
};

/** Under these the model is a part of the path: `/openai/deployments/MODEL/chat/completions`. */
export const MODEL_PREFIXES = ['/openai/deployments', '/engines', '/v1/engines'] as const;

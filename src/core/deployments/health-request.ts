import type { Operation } from '../common/operations.js';

/** How a deployment is checked. */
export interface HealthCheckSettings {
  readonly disabled?: boolean | undefined;
  /** @default 60 s */
  readonly timeoutMs?: number | undefined;
  /** What the model is for, in LiteLLM's words. @default `chat` */
  readonly mode?: string | undefined;
}

/** What is sent to see whether a deployment answers. */
export interface HealthRequest {
  readonly operation: Operation;
  readonly body: Readonly<Record<string, unknown>>;
}

export const HEALTH_CHECK_DEFAULTS = {
  /** 300 s */
  everyMs: 300_000,
  /** 60 s */
  timeoutMs: 60_000,
} as const;

const TEXT = 'Hi';
const chat = { messages: [{ role: 'user', content: TEXT }], max_tokens: 1 };

/** The cheapest request of each mode; where there are several, the first that the provider has. Other modes are not checked. */
const REQUESTS: Readonly<Record<string, readonly HealthRequest[]>> = {
  chat: [
    { operation: 'chat.completions', body: chat },
    { operation: 'messages', body: chat },
  ],
  completion: [{ operation: 'completions', body: { prompt: TEXT, max_tokens: 1 } }],
  // OpenAI takes no smaller limit.
  responses: [{ operation: 'responses', body: { input: TEXT, max_output_tokens: 16 } }],
  embedding: [{ operation: 'embeddings', body: { input: TEXT } }],
  moderation: [{ operation: 'moderations', body: { input: TEXT } }],
};

export function healthRequests({ mode = 'chat', disabled = false }: HealthCheckSettings): readonly HealthRequest[] {
  return disabled ? [] : Object.entries(REQUESTS).flatMap(([of, requests]) => (of === mode ? requests : []));
}

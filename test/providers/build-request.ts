import { DEFAULTS } from '../../src/core/plan/settings.js';
import type { MockProvider } from '../../src/mock-provider/index.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';

const NEVER = new AbortController().signal;

/** A request to a model of the scripted provider, so that a test names only what it is about. */
export function buildRequest(
  provider: Pick<MockProvider, 'url'>,
  model: string,
  changes: Partial<ProviderRequest> = {},
): ProviderRequest {
  return {
    operation: 'chat.completions',
    connection: { provider: 'openai', apiBase: `${provider.url}/v1`, apiKey: PLANTED_KEY, params: {} },
    model,
    body: { messages: [{ role: 'user', content: 'Which bird is this?' }] },
    limit: { limitMs: 20_000, scope: 'attempt' },
    streamLimits: { firstContentMs: null, idleMs: DEFAULTS.streamIdleTimeoutMs },
    blockedAnswerFails: true,
    interrupt: NEVER,
    ...changes,
  };
}

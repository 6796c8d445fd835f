import { InterruptedError, type ProviderAnswer, type ProviderFailure } from '../providers/call-provider.js';

/** What an exchange has used of a limit of tokens; null: nobody knows. */
export function tokensUsed(outcome: ProviderAnswer | ProviderFailure): number | null {
  if (outcome.facts === null) return outcome.tokens?.total ?? null;
  const { cause, phase, tokens } = outcome.facts;
  if (tokens !== undefined) return tokens.total;
  // What was refused, or was never sent, is not charged.
  return cause.type === 'http' || phase === 'connecting' ? 0 : null;
}

/** The same of one that ended with an error of ours. */
export function tokensOfError(error: unknown): number | null {
  return error instanceof InterruptedError ? (error.tokens?.total ?? null) : null;
}

/** What a finish reason says of the choice that has it. */
export type FinishMeaning =
  /** It is whole. */
  | 'end'
  /** It is whole, as far as a filter of content let it be. */
  | 'blocked'
  /** It was broken off. */
  | 'failed'
  /** What the model tried to say was no answer; what it said before may be one. */
  | 'failed if empty';

/**
 * The finish reasons that end an answer, in small letters. Others, `""` and `"null"` among them, which some servers write
 * into every chunk, end none. From the API references of those who write them, read 2026-11, and the reports named.
 */
const MEANINGS: Readonly<Record<FinishMeaning, readonly string[]>> = {
  end: [
    'stop',
    'length',
    'tool_calls',
    'function_call',
    // Anthropic, Bedrock
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'pause_turn',
    'model_context_window_exceeded', // also Zhipu, earendil-works/pi, 2026-11
    // Mistral, Cohere, TGI, Together, Baidu
    'model_length',
    'complete',
    'stop_token',
    'eos_token',
    'eos',
    'normal',
    // others
    'tool_call',
    'tool-calls',
    'max_output_tokens',
    'max_length',
    'completed',
    'finished',
    'end',
  ],
  blocked: [
    'content_filter',
    'content-filter',
    'content_filtered', // Bedrock
    'guardrail_intervened', // Bedrock
    'refusal', // Anthropic
    'sensitive', // Zhipu
    'error_toxic', // Cohere
    // Gemini
    'safety',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'image_safety',
  ],
  failed: [
    'error', // OpenRouter, genkit-ai/genkit#6259, 2026-07; Cohere
    'network_error', // Zhipu, gethouston/houston#1211, 2026-06
    'insufficient_system_resource', // DeepSeek, gethouston/houston#1211, 2026-06
    'abort', // vLLM, SGLang
    'aborted',
    'model_error',
    'internal_error',
    'server_error',
    'timeout',
    'error_limit', // Cohere
    'failed',
  ],
  'failed if empty': [
    'malformed_function_call', // Gemini, pydantic/pydantic-ai#3300, 2025-11
    'unexpected_tool_call',
    'too_many_tool_calls',
    'malformed_response',
    'missing_thought_signature',
    'other',
    'malformed_model_output', // Bedrock
    'malformed_tool_use',
  ],
};

const MEANING_OF: ReadonlyMap<string, FinishMeaning> = new Map(
  Object.entries(MEANINGS).flatMap(([meaning, reasons]) => reasons.map((reason) => [reason, meaning as FinishMeaning])),
);

/**
 * What a finish reason says; null: nothing, the answer goes on. Gemini's OpenAI-compatible endpoint names who stopped the
 * answer first: `function_call_filter: MALFORMED_FUNCTION_CALL` (ljlabs/Route.llm, 2026-11).
 */
export function finishMeaning(reason: unknown): FinishMeaning | null {
  if (typeof reason !== 'string') return null;
  const word = reason.trim().toLowerCase();
  return MEANING_OF.get(word) ?? MEANING_OF.get(word.replace(/^.*:\s*/s, '')) ?? null;
}

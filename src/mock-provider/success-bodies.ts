import { createHash } from 'node:crypto';
import type { EndpointName } from './endpoints.js';
import { estimateTokens, promptOf, type JsonObject } from './prompt.js';

/** A good answer before it has the shape of an endpoint. */
export interface Answer {
  /** Number of the request, for ids. */
  number: number;
  model: string;
  text: string;
  finishReason: string;
  /** The request's body. */
  request: JsonObject;
}

/** Fixed, so that the same request gives the same answer: 2025-01-01T00:00:00Z. */
export const CREATED = 1_735_689_600;

export const SUCCESS_BODIES = {
  chat: (answer) => ({
    id: `chatcmpl-mock-${answer.number}`,
    object: 'chat.completion',
    created: CREATED,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.text, refusal: null },
        logprobs: null,
        finish_reason: answer.finishReason,
      },
    ],
    usage: completionUsage(answer),
    system_fingerprint: 'fp_mock',
  }),
  completions: (answer) => ({
    id: `cmpl-mock-${answer.number}`,
    object: 'text_completion',
    created: CREATED,
    model: answer.model,
    choices: [{ index: 0, text: answer.text, logprobs: null, finish_reason: answer.finishReason }],
    usage: completionUsage(answer),
  }),
  responses: (answer) => ({
    id: `resp_mock_${answer.number}`,
    object: 'response',
    created_at: CREATED,
    status: 'completed',
    error: null,
    incomplete_details: null,
    model: answer.model,
    output: [responseMessage(answer)],
    usage: responsesUsage(answer),
  }),
  messages: (answer) => ({
    id: `msg_mock_${answer.number}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: answer.text === '' ? [] : [{ type: 'text', text: answer.text }],
    stop_reason: stopReason(answer),
    stop_sequence: null,
    usage: messagesUsage(answer),
  }),
  embeddings: (answer) => ({
    object: 'list',
    data: inputs(answer.request).map((input, index) => ({
      object: 'embedding',
      index,
      embedding: embedding(input, answer.request),
    })),
    model: answer.model,
    usage: { prompt_tokens: promptTokens(answer), total_tokens: promptTokens(answer) },
  }),
  moderations: (answer) => ({
    id: `modr-mock-${answer.number}`,
    model: answer.model,
    results: inputs(answer.request).map(() => ({
      flagged: false,
      categories: { hate: false, 'self-harm': false, sexual: false, violence: false },
      category_scores: { hate: 0.0001, 'self-harm': 0.0001, sexual: 0.0001, violence: 0.0001 },
    })),
  }),
  images: (answer) => ({
    created: CREATED,
    data: Array.from({ length: positive(answer.request['n'], 1) }, (_, index) => ({
      url: `https://images.invalid/mock-${answer.number}-${index}.png`,
    })),
    usage: {
      input_tokens: promptTokens(answer),
      output_tokens: 1056,
      total_tokens: promptTokens(answer) + 1056,
    },
  }),
} as const satisfies Record<EndpointName, (answer: Answer) => JsonObject>;

/** What a response is made of: a message with one part. */
export function responseMessage({ number, text }: Answer) {
  const part = { type: 'output_text', text, annotations: [] };
  return {
    type: 'message',
    id: `msg_mock_${number}`,
    status: 'completed',
    role: 'assistant',
    content: [part] as [typeof part],
  };
}

export function completionUsage(answer: Answer) {
  const prompt = promptTokens(answer);
  const completion = answer.text === '' ? 0 : estimateTokens(answer.text);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function responsesUsage(answer: Answer) {
  const { prompt_tokens, completion_tokens, total_tokens } = completionUsage(answer);
  return { input_tokens: prompt_tokens, output_tokens: completion_tokens, total_tokens };
}

function messagesUsage(answer: Answer) {
  const { prompt_tokens, completion_tokens } = completionUsage(answer);
  return {
    input_tokens: prompt_tokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: completion_tokens,
  };
}

/** Scripts say how an answer ends in OpenAI's words; any other word is Anthropic's. */
function stopReason({ finishReason }: Answer): string {
  return STOP_REASONS[finishReason] ?? finishReason;
}

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

function promptTokens(answer: Answer): number {
  return estimateTokens(JSON.stringify(promptOf(answer.request)));
}

/** One input is a text or a list of token numbers; more are a list of these. */
function inputs(request: JsonObject): unknown[] {
  const input = promptOf(request);
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
}

function embedding(input: unknown, request: JsonObject): number[] | string {
  const digest = createHash('sha256').update(JSON.stringify(input)).digest();
  const length = positive(request['dimensions'], 8);
  const values = Array.from({ length }, (_, index) => (digest[index % digest.length] ?? 0) / 127.5 - 1);
  // OpenAI's own clients ask for base64 unless told otherwise.
  if (request['encoding_format'] !== 'base64') return values;
  return Buffer.from(Float32Array.from(values).buffer).toString('base64');
}

function positive(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 10_000 ? value : otherwise;
}

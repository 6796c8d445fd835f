import type { EndpointName } from './endpoints.js';
import { isObject, type JsonObject } from './prompt.js';
import { completionUsage, CREATED, responseMessage, SUCCESS_BODIES, type Answer } from './success-bodies.js';

/** The events of a streamed answer, each a complete SSE event. */
interface StreamEvents {
  pieces: string[];
  /** What comes after the last piece of a good stream. */
  closing: string[];
}

type StreamWriter = (answer: Answer, pieces: readonly string[]) => StreamEvents;

/** An event that a connection or a broken proxy left unfinished; its JSON does not parse. */
export const MALFORMED_EVENT = 'data: {"id":"chatcmpl-mock","choices":[{"index":0,"delta":{"content":"\n\n';
const DONE = 'data: [DONE]\n\n';

/** Endpoints that can stream; the others answer at once whatever was asked. */
export const STREAMS: Partial<Record<EndpointName, StreamWriter>> = {
  chat: (answer, pieces) => {
    const chunk = chunkWriter(answer, `chatcmpl-mock-${answer.number}`, 'chat.completion.chunk');
    const choice = (delta: JsonObject, finish: string | null) =>
      chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }]);
    const first = choice({ role: 'assistant', content: '', refusal: null }, null);
    const texts = pieces.map((content) => choice({ content }, null));
    const closing = [choice({}, answer.finishReason), ...usageChunk(answer, chunk), DONE];
    // No role before an error: a stream that fails at once must not look like one that has begun.
    return texts.length > 0 ? { pieces: [first, ...texts], closing } : { pieces: [], closing: [first, ...closing] };
  },
  completions: (answer, pieces) => {
    const chunk = chunkWriter(answer, `cmpl-mock-${answer.number}`, 'text_completion');
    const choice = (text: string, finish: string | null) =>
      chunk([{ index: 0, text, logprobs: null, finish_reason: finish }]);
    return {
      pieces: pieces.map((text) => choice(text, null)),
      closing: [choice('', answer.finishReason), ...usageChunk(answer, chunk), DONE],
    };
  },
  responses: (answer, pieces) => {
    const response = SUCCESS_BODIES.responses(answer);
    const item = responseMessage(answer);
    const [part] = item.content;
    const created = { ...response, status: 'in_progress', output: [], usage: null };
    const place = { item_id: item.id, output_index: 0, content_index: 0 };
    let number = 0;
    const event = (type: string, data: JsonObject) =>
      `event: ${type}\n${dataEvent({ type, sequence_number: number++, ...data })}`;
    const opening = () => [
      event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }),
      event('response.content_part.added', { ...place, part: { ...part, text: '' } }),
    ];
    const first = event('response.created', { response: created });
    const texts = pieces.length > 0 ? opening() : [];
    for (const delta of pieces) texts.push(event('response.output_text.delta', { ...place, delta, logprobs: [] }));
    const closing = [
      ...(pieces.length > 0 ? [] : opening()),
      event('response.output_text.done', { ...place, text: answer.text, logprobs: [] }),
      event('response.content_part.done', { ...place, part }),
      event('response.output_item.done', { output_index: 0, item }),
      event('response.completed', { response }),
    ];
    return { pieces: [first, ...texts], closing };
  },
  messages: (answer, pieces) => {
    const { content: _, stop_reason: reason, usage, ...message } = SUCCESS_BODIES.messages(answer);
    const event = (type: string, data: JsonObject) => `event: ${type}\n${dataEvent({ type, ...data })}`;
    const begun = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
    const opening = [event('message_start', { message: begun }), event('ping', {})];
    const start = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    const texts = pieces.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }));
    const stop = event('content_block_stop', { index: 0 });
    const hasText = pieces.length > 0;
    const { output_tokens } = usage;
    const closing = [
      ...(hasText ? [stop] : []),
      event('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens } }),
      event('message_stop', {}),
    ];
    return { pieces: [...opening, ...(hasText ? [start, ...texts] : [])], closing };
  },
};

/** The event by which a provider reports a failure after the status was sent. */
export function errorEvent(endpoint: EndpointName, error: JsonObject): string {
  if (endpoint === 'responses') return `event: error\n${dataEvent({ ...error, type: 'error' })}`;
  if (endpoint === 'messages') return `event: error\n${dataEvent({ type: 'error', error })}`;
  return dataEvent({ error });
}

/** Splits a text as a model would, at words; a very long word is split as well. */
export function splitWords(text: string): string[] {
  return text.match(/\S{1,1024}\s*|\s+/gu) ?? [];
}

export function wantsStream(request: JsonObject): boolean {
  return request['stream'] === true;
}

function chunkWriter(answer: Answer, id: string, object: string) {
  const includeUsage = wantsUsage(answer.request);
  const frame = { id, object, created: CREATED, model: answer.model, system_fingerprint: 'fp_mock' };
  return (choices: JsonObject[], usage: JsonObject | null = null) =>
    dataEvent({ ...frame, choices, ...(includeUsage && { usage }) });
}

function usageChunk(answer: Answer, chunk: ReturnType<typeof chunkWriter>): string[] {
  return wantsUsage(answer.request) ? [chunk([], completionUsage(answer))] : [];
}

function wantsUsage(request: JsonObject): boolean {
  const options = request['stream_options'];
  return isObject(options) && options['include_usage'] === true;
}

function dataEvent(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

import { OPERATIONS, type Operation } from '../../src/core/common/operations.js';
import { fieldsOf } from './values.js';

type Fields = Record<string, unknown>;

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const INPUT_USAGE = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };

/** The operation that a path of the upstream ends with. */
export function operationOf(path: string): Operation | undefined {
  const rows = Object.entries(OPERATIONS).filter(([, row]) => path.endsWith(row.path));
  const [longest] = rows.toSorted(([, one], [, other]) => other.path.length - one.path.length);
  return longest?.[0] as Operation | undefined;
}

/** A proper answer without a stream. */
export function wholeAnswer(operation: Operation | undefined, text: string, body: Fields): unknown {
  const model = body['model'];
  switch (operation) {
    case 'completions':
      return completion(model, [{ index: 0, text, logprobs: null, finish_reason: 'stop' }], { usage: USAGE });
    case 'responses':
      return response(model, text, 'completed');
    case 'embeddings':
      return embeddings(4, body);
    case 'messages':
      return message(model, text);
    case 'moderations':
      return { id: 'modr-1', model, results: [{ flagged: false, categories: {}, category_scores: {} }] };
    case 'images.generations':
      return { created: 1, data: [{ url: 'http://image' }] };
    case 'chat.completions':
    case undefined: {
      const message = { role: 'assistant', content: text };
      return { ...frame(model), object: 'chat.completion', choices: [choice({ message }, 'stop')], usage: USAGE };
    }
  }
}

/** The same as the events of a stream; null where the operation has none. */
export function streamedAnswer(operation: Operation | undefined, text: string, body: Fields): string[] | null {
  const { model } = body;
  const showsUsage = fieldsOf(body['stream_options'])['include_usage'] === true;
  switch (operation) {
    case 'chat.completions': {
      const chunk = (choices: unknown[], others = {}) =>
        sse({ ...frame(model), object: 'chat.completion.chunk', choices, ...others });
      return [
        chunk([choice({ delta: { role: 'assistant', content: '' } }, null)]),
        chunk([choice({ delta: { content: text } }, null)]),
        chunk([choice({ delta: {} }, 'stop')]),
        ...(showsUsage ? [chunk([], { usage: USAGE })] : []),
        DONE,
      ];
    }
    case 'completions':
      return [
        sse(completion(model, [{ index: 0, text, logprobs: null, finish_reason: null }])),
        sse(completion(model, [{ index: 0, text: '', logprobs: null, finish_reason: 'stop' }])),
        ...(showsUsage ? [sse(completion(model, [], { usage: USAGE }))] : []),
        DONE,
      ];
    case 'responses':
      return responseEvents(model, text).map((event) => sse(event, event.type));
    case 'messages':
      return messageEvents(model, text).map((event) => sse(event, event.type));
    case 'embeddings':
    case 'moderations':
    case 'images.generations':
    case undefined:
      return null;
  }
}

/** Vectors in the encoding that was asked for. */
export function embeddings(dimensions: number, { model, input, encoding_format: encoding }: Fields): unknown {
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const data = inputs.map((_, index) => {
    const vector = Array.from({ length: dimensions }, (__, place) => ((index + place) % 100) / 128);
    const embedding = encoding === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', model, data, usage: { prompt_tokens: 7, total_tokens: 7 } };
}

export function sse(data: unknown, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

const DONE = 'data: [DONE]\n\n';

function frame(model: unknown): Fields {
  return { id: 'chatcmpl-1', object: '', created: 1, model };
}

function choice(content: Fields, finishReason: string | null): Fields {
  return { index: 0, ...content, finish_reason: finishReason };
}

function completion(model: unknown, choices: unknown[], others: Fields = {}): unknown {
  return { id: 'cmpl-1', object: 'text_completion', created: 1, model, choices, ...others };
}

function response(model: unknown, text: string, status: 'in_progress' | 'completed'): unknown {
  const isOver = status === 'completed';
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status,
    error: null,
    model,
    output: isOver ? [item(text)] : [],
    usage: isOver ? INPUT_USAGE : null,
  };
}

function message(model: unknown, text: string): Fields {
  const content = [{ type: 'text', text }];
  const usage = { input_tokens: 7, output_tokens: 3 };
  const end = { stop_reason: 'end_turn', stop_sequence: null };
  return { id: 'msg_1', type: 'message', role: 'assistant', model, content, ...end, usage };
}

function messageEvents(model: unknown, text: string): (Fields & { type: string })[] {
  const begun = {
    ...message(model, text),
    content: [],
    stop_reason: null,
    usage: { input_tokens: 7, output_tokens: 1 },
  };
  return [
    { type: 'message_start', message: begun },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } },
    { type: 'message_stop' },
  ];
}

function item(text: string): unknown {
  const content = [{ type: 'output_text', text, annotations: [] }];
  return { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content };
}

function responseEvents(model: unknown, text: string): { type: string }[] {
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const part = { type: 'output_text', text: '', annotations: [] };
  const begun = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
  return [
    { type: 'response.created', response: response(model, text, 'in_progress') },
    { type: 'response.output_item.added', output_index: 0, item: begun },
    { type: 'response.content_part.added', ...place, part },
    { type: 'response.output_text.delta', ...place, delta: text },
    { type: 'response.output_text.done', ...place, text },
    { type: 'response.content_part.done', ...place, part: { ...part, text } },
    { type: 'response.output_item.done', output_index: 0, item: item(text) },
    { type: 'response.completed', response: response(model, text, 'completed') },
  ].map((event, number) => ({ ...event, sequence_number: number }));
}

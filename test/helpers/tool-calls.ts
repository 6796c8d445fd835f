import type { Step } from '../../src/mock-provider/index.js';

interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

/** A provider's answer that asks for a tool, in the two forms that OpenAI's models have. */
export const TOOL_CALLS = {
  chat: ({ id, ...called }: ToolCall): Step => {
    const message = { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: called }] };
    const choices = [{ index: 0, finish_reason: 'tool_calls', message }];
    return { body: { id, object: 'chat.completion', created: 1, model: 'm', choices } };
  },
  responses: (call: ToolCall): Step => ({ body: response(call) }),
} as const;

/** The same, streamed. */
export const STREAMED_TOOL_CALLS = {
  chat: ({ id, ...called }: ToolCall): Step => {
    const chunk = (delta: object, finish: string | null) => {
      const choices = [{ index: 0, delta, finish_reason: finish }];
      return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
    };
    const call = { role: 'assistant', tool_calls: [{ index: 0, id, type: 'function', function: called }] };
    return eventStream([chunk(call, null), chunk({}, 'tool_calls'), 'data: [DONE]\n\n']);
  },
  responses: (call: ToolCall): Step => {
    const whole = response(call);
    const [item] = whole.output;
    const begun = { ...item, status: 'in_progress', arguments: '' };
    const place = { item_id: item.id, output_index: 0 };
    const events: readonly object[] = [
      { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
      { type: 'response.output_item.added', output_index: 0, item: begun },
      { type: 'response.function_call_arguments.delta', ...place, delta: call.arguments },
      { type: 'response.function_call_arguments.done', ...place, name: call.name, arguments: call.arguments },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: whole },
    ];
    return eventStream(
      events.map((event, index) => `data: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`),
    );
  },
} as const;

function response({ id, ...called }: ToolCall) {
  const item = { type: 'function_call', id: `fc_${id}`, call_id: id, status: 'completed', ...called };
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 1,
    model: 'm',
    status: 'completed',
    output: [item] as [typeof item],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  };
}

function eventStream(events: readonly string[]): Step {
  return { raw: events.join(''), headers: { 'content-type': 'text/event-stream' } };
}

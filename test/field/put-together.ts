import { fieldsOf, listOf } from './values.js';

type Fields = Record<string, unknown>;

/** What a good client makes of an answer, streamed or not. */
export interface PutTogether {
  readonly text: string;
  readonly reasoning: string;
  /** All texts of reasoning and content, in order. */
  readonly allText: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string | null;
}

export interface ToolCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
}

/** Of an answer that came as a whole. */
export function ofAnswer(response: unknown): PutTogether {
  const { choices, output } = fieldsOf(response);
  if (Array.isArray(output)) return ofOutput(output);
  const [choice = {}] = listOf(choices);
  const message = fieldsOf(choice['message']);
  const parts = textsOf(message['content'] ?? choice['text']);
  const reasoning = reasoningOf(message) + parts.reasoning;
  return {
    text: parts.text,
    reasoning,
    allText: reasoningOf(message) + parts.all,
    toolCalls: listOf(message['tool_calls']).map(({ id, function: called }) => callOf(id, fieldsOf(called))),
    finishReason: textOrNull(choice['finish_reason']),
  };
}

/** Of the chunks of a stream of OpenAI's, as its documents say: texts continue, tool calls by their index. */
export function ofChunks(chunks: readonly unknown[]): PutTogether {
  let text = '';
  let reasoning = '';
  let allText = '';
  let finishReason: string | null = null;
  const calls = new Map<unknown, { id: unknown; name: string; arguments: string }>();
  for (const { choices, type, delta: eventDelta } of listOf(chunks)) {
    if (type === 'response.output_text.delta' && typeof eventDelta === 'string') text += eventDelta;
    for (const { index, delta, text: ownText, finish_reason } of listOf(choices)) {
      if (index !== undefined && index !== 0) continue;
      const fields = fieldsOf(delta);
      const parts = textsOf(fields['content'] ?? ownText);
      text += parts.text;
      reasoning += reasoningOf(fields) + parts.reasoning;
      allText += reasoningOf(fields) + parts.all;
      finishReason = textOrNull(finish_reason) ?? finishReason;
      for (const call of listOf(fields['tool_calls'])) {
        const known = calls.get(call['index']) ?? { id: call['id'], name: '', arguments: '' };
        const called = fieldsOf(call['function']);
        known.name += textOrNull(called['name']) ?? '';
        known.arguments += textOrNull(called['arguments']) ?? '';
        calls.set(call['index'], known);
      }
    }
  }
  const toolCalls = [...calls.values()].map(({ id, ...called }) => callOf(id, called));
  return { text, reasoning, allText: allText || text, toolCalls, finishReason };
}

function ofOutput(output: unknown[]): PutTogether {
  const items = listOf(output);
  const text = items.flatMap((item) => listOf(item['content'])).map((part) => textOrNull(part['text']) ?? '');
  const toolCalls = items
    .filter((item) => item['type'] === 'function_call')
    .map((item) => callOf(item['call_id'] ?? item['id'], item));
  return { text: text.join(''), reasoning: '', allText: text.join(''), toolCalls, finishReason: null };
}

function callOf(id: unknown, { name, arguments: given }: Fields): ToolCall {
  return {
    id: textOrNull(id),
    name: textOrNull(name) ?? '',
    arguments: typeof given === 'string' ? given : JSON.stringify(given ?? ''),
  };
}

function reasoningOf(message: Fields): string {
  return textOrNull(message['reasoning_content']) ?? textOrNull(message['reasoning']) ?? '';
}

/** The texts of a content: a text, or parts of which some are thoughts. */
function textsOf(content: unknown): { text: string; reasoning: string; all: string } {
  if (typeof content === 'string') return { text: content, reasoning: '', all: content };
  let text = '';
  let reasoning = '';
  let all = '';
  for (const part of listOf(content)) {
    const thought = Array.isArray(part['thinking'])
      ? listOf(part['thinking']).map((inner) => textOrNull(inner['text']) ?? '')
      : [textOrNull(part['thinking']) ?? ''];
    const own = textOrNull(part['text']) ?? '';
    reasoning += thought.join('');
    text += own;
    all += thought.join('') + own;
  }
  return { text, reasoning, all };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

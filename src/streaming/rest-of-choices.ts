import { isDeepStrictEqual } from 'node:util';
import { parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import type { ProviderEvent } from '../core/call/stream-part.js';
import { fieldsOf } from '../core/common/fields.js';
import { isFilled } from '../providers/stream/assembler.js';
import { ChoicesAssembler } from '../providers/stream/choices-assembler.js';
import type { RestOfAnswer } from './rest-of-answer.js';
import { unmerge } from '../providers/stream/unmerge.js';

/** What the chunks of chat completions and of completions call themselves. */
const OBJECTS = { messages: 'chat.completion.chunk', texts: 'text_completion' } as const;

/** The rest of a chat completion, or of a completion, in chunks. */
export class RestOfChoices implements RestOfAnswer {
  private readonly form: keyof typeof OBJECTS;
  private readonly sent: ChoicesAssembler;

  constructor(form: keyof typeof OBJECTS) {
    this.form = form;
    this.sent = new ChoicesAssembler(form);
  }

  add({ data }: ProviderEvent): void {
    this.sent.add(fieldsOf(parseExactJson(data)));
  }

  rest(answer: unknown, showsUsage: boolean): ProviderEvent[] | null {
    const { choices, usage, ...others } = fieldsOf(answer);
    const frame = { ...others, object: OBJECTS[this.form] };
    const known = listOf(fieldsOf(this.sent.response())['choices']);
    const contents: unknown[] = [];
    const endings: unknown[] = [];
    for (const [position, choice] of listOf(choices).entries()) {
      const index = typeof choice['index'] === 'number' ? choice['index'] : position;
      const before = known.find((one) => one['index'] === index) ?? {};
      const content = this.restOfChoice(before, choice);
      if (content === null) return null;
      const nothing = this.form === 'messages' ? { delta: {} } : { text: '' };
      if (isFilled(content)) contents.push({ index, ...nothing, logprobs: null, ...content, finish_reason: null });
      endings.push({ index, ...nothing, logprobs: null, finish_reason: choice['finish_reason'] ?? null });
    }
    return [
      ...[...contents, ...endings].map((choice) => ({ ...frame, choices: [choice] })),
      ...(showsUsage && isFilled(usage) ? [{ ...frame, choices: [], usage }] : []),
    ].map((chunk) => ({ data: stringifyExactJson(chunk) }));
  }

  /** The content of a choice that was not sent; null: what was sent is not its beginning. */
  private restOfChoice(before: Fields, choice: Fields): Fields | null {
    const { index, finish_reason: _reason, logprobs, message, text, ...others } = choice;
    const changed = Object.entries(others).filter(([key, value]) => !isDeepStrictEqual(before[key], value));
    const restOfLogprobs = unmerge(fieldsOf(before['logprobs']), fieldsOf(logprobs));
    const content =
      this.form === 'messages'
        ? unmerge(this.withIndexes(index, before['message']), this.withIndexes(index, message))
        : unmerge({ text: before['text'] ?? '' }, { text });
    if (content === null || restOfLogprobs === null) return null;
    return {
      ...Object.fromEntries(changed),
      ...(isFilled(restOfLogprobs) && { logprobs: restOfLogprobs }),
      ...(isFilled(content) && (this.form === 'messages' ? { delta: content } : content)),
    };
  }

  /** A message whose tool calls have the indexes that they have in its stream. */
  private withIndexes(choice: unknown, message: unknown): Fields {
    const { tool_calls: calls, ...others } = fieldsOf(message);
    if (!Array.isArray(calls)) return others;
    const known = this.sent.callIndexes(choice);
    const next = Math.max(-1, ...known) + 1;
    const indexed = listOf(calls).map((call, position) => ({
      index: known[position] ?? next + position - known.length,
      ...call,
    }));
    return { ...others, tool_calls: indexed };
  }
}

type Fields = Record<string, unknown>;

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

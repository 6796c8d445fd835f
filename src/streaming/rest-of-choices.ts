import { isDeepStrictEqual } from 'node:util';
import type { ProviderEvent } from '../core/stream-part.js';
import { fieldsOf } from '../providers/provider-error.js';
import { isFilled } from '../providers/stream/assembler.js';
import { ChoicesAssembler } from '../providers/stream/choices-assembler.js';
import type { RestOfAnswer } from './rest-of-answer.js';
import { unmerge } from './unmerge.js';

/** Where chat completions and completions have the text of a choice, and what their chunks are called. */
const FORMS = {
  messages: { object: 'chat.completion.chunk' },
  texts: { object: 'text_completion' },
} as const;

/** The rest of a chat completion, or of a completion, in chunks. */
export class RestOfChoices implements RestOfAnswer {
  private readonly form: keyof typeof FORMS;
  private readonly sent: ChoicesAssembler;

  constructor(form: keyof typeof FORMS) {
    this.form = form;
    this.sent = new ChoicesAssembler(form);
  }

  add({ data }: ProviderEvent): void {
    this.sent.add(fieldsOf(JSON.parse(data)));
  }

  rest(answer: unknown, showsUsage: boolean): ProviderEvent[] | null {
    const { choices, usage, ...others } = fieldsOf(answer);
    const frame = { ...others, object: FORMS[this.form].object };
    const known = choicesOf(fieldsOf(this.sent.response())['choices']);
    const contents: unknown[] = [];
    const endings: unknown[] = [];
    for (const [position, choice] of choicesOf(choices).entries()) {
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
    ].map((chunk) => ({ data: JSON.stringify(chunk) }));
  }

  /** The content of a choice that was not sent; null: what was sent is not its beginning. */
  private restOfChoice(before: Fields, choice: Fields): Fields | null {
    const { index: _index, finish_reason: _reason, logprobs, message, text, ...others } = choice;
    const changed = Object.entries(others).filter(([key, value]) => !isDeepStrictEqual(before[key], value));
    const restOfLogprobs = unmerge(fieldsOf(before['logprobs']), fieldsOf(logprobs));
    const content =
      this.form === 'messages'
        ? unmerge(fieldsOf(before['message']), fieldsOf(message))
        : unmerge({ text: before['text'] ?? '' }, { text });
    if (content === null || restOfLogprobs === null) return null;
    return {
      ...Object.fromEntries(changed),
      ...(isFilled(restOfLogprobs) && { logprobs: restOfLogprobs }),
      ...(isFilled(content) && (this.form === 'messages' ? { delta: content } : content)),
    };
  }
}

type Fields = Record<string, unknown>;

function choicesOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

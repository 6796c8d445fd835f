import { fieldsOf } from '../provider-error.js';
import { isFilled, type Assembler } from './assembler.js';
import { mergeDelta, setField } from './merge-delta.js';

/** Where the text of a choice is: in the deltas of a message, or in the choice itself. */
type ChoiceForm = 'messages' | 'texts';

interface Choice {
  message: Record<string, unknown>;
  text: string;
  finishReason: unknown;
  logprobs: Record<string, unknown> | null;
  /** Whatever else a provider says of a choice: the last word counts. */
  others: Record<string, unknown>;
}

/** The chunks of chat completions and of completions. */
export class ChoicesAssembler implements Assembler {
  hasContent = false;
  readonly isOver = false;
  private readonly form: ChoiceForm;
  private readonly frame: Record<string, unknown> = {};
  private readonly choices = new Map<number, Choice>();

  constructor(form: ChoiceForm) {
    this.form = form;
  }

  get usage(): unknown {
    return this.frame['usage'];
  }

  add({ choices, ...frame }: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(frame)) {
      if (value !== null || !Object.hasOwn(this.frame, key)) setField(this.frame, key, value);
    }
    for (const choice of Array.isArray(choices) ? choices : []) this.addChoice(fieldsOf(choice));
  }

  isWhole(saidDone: boolean): boolean {
    const choices = [...this.choices.values()];
    return saidDone || (choices.length > 0 && choices.every(({ finishReason }) => finishReason !== null));
  }

  response(): unknown {
    const { object } = this.frame;
    const choices = [...this.choices].toSorted(([one], [other]) => one - other);
    return {
      ...this.frame,
      ...(typeof object === 'string' && { object: object.replace(/\.chunk$/, '') }),
      choices: choices.map(([index, choice]) => this.wholeChoice(index, choice)),
    };
  }

  private addChoice({
    index,
    delta,
    message,
    text,
    finish_reason,
    logprobs,
    ...others
  }: Record<string, unknown>): void {
    const choice = this.choiceAt(typeof index === 'number' ? index : 0);
    // Some send the last chunk, or all of it, as the message itself.
    const { role, ...content } = fieldsOf(delta ?? message);
    this.hasContent ||= isFilled(text) || Object.values(content).some(isFilled);
    mergeDelta(choice.message, { role, ...content });
    if (typeof text === 'string') choice.text += text;
    if (typeof finish_reason === 'string') choice.finishReason = finish_reason;
    if (isFilled(logprobs)) mergeDelta((choice.logprobs ??= {}), fieldsOf(logprobs));
    for (const [key, value] of Object.entries(others)) setField(choice.others, key, value);
  }

  private choiceAt(index: number): Choice {
    const known = this.choices.get(index);
    if (known !== undefined) return known;
    const choice: Choice = { message: {}, text: '', finishReason: null, logprobs: null, others: {} };
    this.choices.set(index, choice);
    return choice;
  }

  private wholeChoice(index: number, { message, text, finishReason, logprobs, others }: Choice): unknown {
    const content = this.form === 'texts' ? { text } : { message: wholeMessage(message) };
    return { ...others, index, ...content, logprobs, finish_reason: finishReason };
  }
}

function wholeMessage({ role, content, tool_calls: calls, ...others }: Record<string, unknown>): unknown {
  return {
    role: role ?? 'assistant',
    content: content ?? null,
    ...others,
    ...(Array.isArray(calls) && { tool_calls: calls.map(withoutIndex) }),
  };
}

/** The index of a tool call serves to put it together; an answer without a stream has none. */
function withoutIndex(call: unknown): unknown {
  const { index: _, ...rest } = fieldsOf(call);
  return rest;
}

import { finishMeaning, type FinishMeaning } from '../../core/errors/tables/finish-reasons.js';
import { fieldsOf } from '../../core/common/fields.js';
import { isBlank } from '../provider-error.js';
import { usageIn } from '../tokens.js';
import { isFilled, type Assembler, type ChunkMark } from './assembler.js';
import { mergeDelta, setField } from './merge-delta.js';
import { unmerge } from './unmerge.js';

/** Where the text of a choice is: in the deltas of a message, or in the choice itself. */
type ChoiceForm = 'messages' | 'texts';

type Fields = Record<string, unknown>;

interface Choice {
  message: Fields;
  text: string;
  hasContent: boolean;
  finishReason: string | null;
  /** What the finish reason says; null: nothing, or there is none. */
  end: FinishMeaning | null;
  logprobs: Fields | null;
  /** Whatever else a provider says of a choice: the last word counts. */
  others: Fields;
}

/** The chunks of chat completions and of completions. */
export class ChoicesAssembler implements Assembler {
  hasContent = false;
  readonly isOver = false;
  private readonly form: ChoiceForm;
  private readonly expected: number;
  private readonly frame: Fields = {};
  private readonly choices = new Map<number, Choice>();
  /** Whether content came after a finish reason: then finish reasons say nothing of the end, only `[DONE]` does. */
  private hasContentAfterEnd = false;

  /** @param expected - how many choices were asked for */
  constructor(form: ChoiceForm, expected = 1) {
    this.form = form;
    this.expected = expected;
  }

  get usage(): unknown {
    return usageIn({ ...this.frame, choices: [...this.choices.values()].map(({ others }) => others) });
  }

  isPiece({ choices, usage }: Fields): boolean {
    return Array.isArray(choices) || !isBlank(usage);
  }

  add({ choices, ...frame }: Fields): ChunkMark {
    for (const [key, value] of Object.entries(frame)) {
      const isKnown = Object.hasOwn(this.frame, key);
      if (!isKnown || (value !== null && value !== '')) setField(this.frame, key, value);
    }
    const marks = (Array.isArray(choices) ? choices : []).map((choice) => this.addChoice(fieldsOf(choice)));
    const ends = marks.map(({ end }) => end).filter((end) => end !== null);
    const mark = {
      hasContent: marks.some(({ hasContent }) => hasContent),
      end: ends.find((end) => end !== 'end') ?? ends[0] ?? null,
    };
    this.hasContent ||= mark.hasContent;
    return mark;
  }

  isWhole(saidDone: boolean): boolean {
    const choices = [...this.choices.values()];
    const ended = choices.filter(({ end }) => end !== null).length;
    // Some never write a finish reason. Where one choice has one, the others must have, too.
    if (saidDone) return ended === 0 || ended === choices.length;
    return choices.length >= this.expected && ended === choices.length && !this.hasContentAfterEnd;
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

  /** The indexes of the tool calls of a choice, in the order in which they began: a whole answer has none. */
  callIndexes(choice: unknown): number[] {
    const calls = this.choices.get(Number(choice))?.message['tool_calls'];
    const indexes: number[] = [];
    for (const { index } of (Array.isArray(calls) ? calls : []).map(fieldsOf)) {
      const isFree = typeof index === 'number' && !indexes.includes(index);
      indexes.push(isFree ? index : Math.max(-1, ...indexes) + 1);
    }
    return indexes;
  }

  private addChoice({ index, delta, message, text, finish_reason, logprobs, ...others }: Fields): ChunkMark {
    const choice = this.choiceAt(typeof index === 'number' ? index : 0);
    const { role, ...content } = fieldsOf(delta ?? restOfMessage(choice, message));
    const hasContent = isFilled(text) || Object.values(content).some(isFilled);
    if (hasContent && choice.end !== null) this.hasContentAfterEnd = true;
    choice.hasContent ||= hasContent;
    mergeDelta(choice.message, { role, ...content });
    if (typeof text === 'string') choice.text += text;
    const end = finishMeaning(finish_reason);
    // A word that means no end is kept, until there is one that does.
    const isWord = typeof finish_reason === 'string' && !NO_WORDS.includes(finish_reason);
    if (end !== null || (isWord && choice.end === null)) choice.finishReason = String(finish_reason);
    choice.end = end ?? choice.end;
    if (isFilled(logprobs)) mergeDelta((choice.logprobs ??= {}), fieldsOf(logprobs));
    for (const [key, value] of Object.entries(others)) setField(choice.others, key, value);
    return { hasContent, end };
  }

  private choiceAt(index: number): Choice {
    const known = this.choices.get(index);
    if (known !== undefined) return known;
    const choice: Choice = {
      message: {},
      text: '',
      hasContent: false,
      finishReason: null,
      end: null,
      logprobs: null,
      others: {},
    };
    this.choices.set(index, choice);
    return choice;
  }

  private wholeChoice(index: number, { message, text, finishReason, logprobs, others }: Choice): unknown {
    const content = this.form === 'texts' ? { text } : { message: wholeMessage(message) };
    return { ...others, index, ...content, logprobs, finish_reason: finishReason };
  }
}

/** What servers without a finish reason write into its place. */
const NO_WORDS: readonly string[] = ['', 'null', 'None', 'none'];

/**
 * What a message brings that stands in the place of a delta: some send all of an answer so, in pieces or at once, others
 * the whole of it after its deltas.
 */
function restOfMessage(choice: Choice, message: unknown): unknown {
  const fields = fieldsOf(message);
  return choice.hasContent ? (unmerge(choice.message, fields) ?? fields) : fields;
}

function wholeMessage({ role, content, tool_calls: calls, ...others }: Fields): unknown {
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

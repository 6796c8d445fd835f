import { isRecord } from '../common/forms.js';
import { OPERATIONS, type Operation } from '../common/operations.js';

/** What a request will take of a limit of tokens, as far as that can be told before. */
export interface ExpectedTokens {
  readonly prompt: number;
  /** The most that its answer can have; null: the request does not say. */
  readonly mostAnswer: number | null;
}

/** A token of a text has about so many characters. */
const CHARACTERS = 4;

/** What is no text: a picture, a file. */
const TOKENS_OF_DATA = 1_000;
const IS_DATA = /^(?:data:|[\w+/=-]{2000})/;

const MOST_TOKENS = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'] as const;

/** By the texts of a request, and the most that it lets its answer have. */
export function expectedTokens(operation: Operation, body: Readonly<Record<string, unknown>>): ExpectedTokens {
  const hasAnswer = OPERATIONS[operation].stream !== null;
  const most = MOST_TOKENS.map((name) => body[name]).find((value) => typeof value === 'number');
  return { prompt: Math.ceil(tokensIn(body)), mostAnswer: hasAnswer ? (most ?? null) : 0 };
}

function tokensIn(body: unknown): number {
  const left: unknown[] = [body];
  let tokens = 0;
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') tokens += IS_DATA.test(value) ? TOKENS_OF_DATA : value.length / CHARACTERS;
    // A prompt may be tokens already.
    else if (typeof value === 'number') tokens += 1;
    else if (isRecord(value)) for (const part of Object.values(value)) left.push(part);
  }
  return tokens;
}

import { OPERATIONS, type Operation } from '../core/common/operations.js';
import { fieldsOf } from '../core/common/fields.js';

/** Counts the tokens of a text. */
type CountText = (text: string) => number;

/**
 * A text is counted in pieces of so many characters, cut before spaces: the time for a word without an end grows with its
 * square.
 */
const PIECE = 2_000;

/** What OpenAI's chat models add to each message, and to the prompt as a whole. */
const TOKENS_OF_MESSAGE = 3;
const TOKENS_OF_PROMPT = 3;

/** Models before gpt-4o, and embeddings; every other one of OpenAI's has the newer encoding. */
const OLDER_ENCODING = /^(?:gpt-3\.?5|gpt-4(?![o.])|text-embedding-)/;

/** Counts the tokens of prompts by OpenAI's own encodings. Models of others have theirs: for them it is an estimate. */
export class TokenCounter {
  readonly #newer: CountText;
  readonly #older: CountText;

  private constructor(newer: CountText, older: CountText) {
    this.#newer = newer;
    this.#older = older;
  }

  /** Loads the encodings, which takes a part of a second. */
  static async load(): Promise<TokenCounter> {
    const [newer, older] = await Promise.all([
      import('gpt-tokenizer/encoding/o200k_base'),
      import('gpt-tokenizer/encoding/cl100k_base'),
    ]);
    // What looks like a special token in a text of a user is text.
    const asText = { disallowedSpecial: new Set<string>() };
    return new TokenCounter(
      (text) => newer.countTokens(text, asText),
      (text) => older.countTokens(text, asText),
    );
  }

  /**
   * Tokens of the prompt of a request. Not counted: images and sound, tools, response formats, and what a `responses`
   * request refers to.
   * @param model - the provider's name for it
   */
  count(operation: Operation, model: string, request: Readonly<Record<string, unknown>>): number {
    const count = OLDER_ENCODING.test(model) ? this.#older : this.#newer;
    const prompt = request[OPERATIONS[operation].prompt];
    const apart = [request['system'], request['instructions']].map((text) => tokensOf(text, count));
    const messages = operation === 'chat.completions' && Array.isArray(prompt) ? prompt.length : 0;
    const form = messages === 0 ? 0 : messages * TOKENS_OF_MESSAGE + TOKENS_OF_PROMPT;
    return apart.reduce((sum, tokens) => sum + tokens, form + tokensOf(prompt, count));
  }
}

/** Fields of a message, or of a part of one, that are text for the model. */
const TEXT_FIELDS = ['role', 'name', 'content', 'text', 'refusal', 'input_text'] as const;

function tokensOf(prompt: unknown, count: CountText): number {
  if (typeof prompt === 'string') return tokensOfText(prompt, count);
  // A prompt may be given in tokens.
  if (typeof prompt === 'number') return 1;
  if (Array.isArray(prompt)) return prompt.reduce((sum: number, part) => sum + tokensOf(part, count), 0);
  if (typeof prompt !== 'object' || prompt === null) return 0;
  const fields = fieldsOf(prompt);
  return TEXT_FIELDS.reduce((sum, name) => sum + tokensOf(fields[name], count), 0);
}

function tokensOfText(text: string, count: CountText): number {
  let tokens = 0;
  for (let start = 0; start < text.length;) {
    const end = endOfPiece(text, start);
    tokens += count(text.slice(start, end));
    start = end;
  }
  return tokens;
}

function endOfPiece(text: string, start: number): number {
  const longest = start + PIECE;
  if (longest >= text.length) return text.length;
  const space = text.lastIndexOf(' ', longest);
  return space > start ? space : longest;
}

import { exactJson, stringifyExactJson } from '../core/common/exact-json.js';
import { jsonParts, jsonPieces, type JsonPart } from '../core/common/json-parts.js';
import { textPieces } from '../core/common/text.js';

/** From here on a body is sent in pieces. */
const LARGE_CHARACTERS = 128 * 1024;
const PIECE_CHARACTERS = 64 * 1024;

/** Shorter ones are sent together. */
const SHORT_CHARACTERS = 8 * 1024;

/** A large body. Its pieces leave no garbage: the socket has their bytes, until they are sent. */
interface BodyInPieces {
  readonly bytes: number;
  /** They can be had once. */
  readonly pieces: Iterable<string>;
}

/** The JSON of a body as it is sent. That of long texts is never there whole: their values are, beside it. */
export function requestBody(value: unknown): string | BodyInPieces {
  const parts = jsonParts(value);
  if (parts === null) {
    const json = stringifyExactJson(value);
    return json.length < LARGE_CHARACTERS
      ? json
      : { bytes: Buffer.byteLength(json), pieces: textPieces({ text: json }, PIECE_CHARACTERS) };
  }
  const exact = parts.map((part) => (typeof part === 'string' ? exactJson(part) : part));
  let bytes = 0;
  for (const piece of jsonPieces(exact)) bytes += Buffer.byteLength(piece);
  return { bytes, pieces: inPieces(jsonPieces(taken(exact))) };
}

/** What sends is kept while the answer is waited for: it has none of them any more then. */
function* taken(parts: JsonPart[]): Generator<JsonPart, void> {
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part;
}

/** Texts one after the other, in pieces of some size. */
function* inPieces(texts: Iterable<string>): Generator<string, void> {
  let short = '';
  for (const text of texts) {
    if (text.length < SHORT_CHARACTERS && short.length < PIECE_CHARACTERS) {
      short += text;
      continue;
    }
    if (short !== '') yield short;
    short = '';
    yield* textPieces({ text }, PIECE_CHARACTERS);
  }
  if (short !== '') yield short;
}

import type { Payload, PayloadConverter, SerializationContext } from '@temporalio/common';
import { jsonAround, outlineOf, partAt, type Outline } from '../core/call/outline.js';
import { jsonParts, jsonPieces, type JsonPart } from '../core/common/json-parts.js';
import { startsOf, total } from '../core/common/total.js';
import { garbage } from '../garbage.js';
import { JSON_METADATA, jsonConverter } from './json-converter.js';
import { marked } from './outlined-payload.js';
import { wasRead } from './own-payloads.js';

const plain = jsonConverter(wasRead);

/**
 * The converter of clients and activities: it says where a payload has what the workflow of a call hands on, so that this can be
 * stored by itself. By this name the SDK finds it in this file, which workers name.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: <T>(value: T): Payload => {
    const outline = outlineOf(value);
    if (outline !== null) return payloadOf(value, outline);
    const parts = jsonParts(value);
    return parts === null ? plain.toPayload(value) : { metadata: JSON_METADATA, data: bytesOf([parts]).data };
  },
  fromPayload: <T>(payload: Payload, context?: SerializationContext): T => {
    const bytes = payload.data?.length ?? 0;
    const value = plain.fromPayload<T>(payload);
    // An activity that sends it has garbage collected before that.
    if (context?.type !== 'activity') garbage.collect(bytes);
    return value;
  },
};

/** The payload that it would be without an outline, to the byte. */
function payloadOf(value: unknown, { value: view, paths }: Outline): Payload {
  const sections = jsonAround(value, paths).flatMap((text, index) => {
    const path = paths[index];
    if (path === undefined) return [[text]];
    const part = partAt(value, path);
    return [[text], jsonParts(part) ?? [JSON.stringify(part)]];
  });
  const { data, sizes } = bytesOf(sections);
  const starts = startsOf(sizes);
  const parts = paths.map((path, index) => ({
    path,
    start: starts[2 * index + 1] ?? 0,
    bytes: sizes[2 * index + 1] ?? 0,
  }));
  return marked({ metadata: JSON_METADATA, data }, { value: view, parts });
}

/** The JSON of sections, one after the other, in UTF-8, and how many bytes each of them has. There is no text of a large one. */
function bytesOf(sections: readonly (readonly JsonPart[])[]): { readonly data: Uint8Array; readonly sizes: number[] } {
  const sizes = sections.map((parts) => total(Array.from(jsonPieces(parts), (piece) => Buffer.byteLength(piece))));
  const data = Buffer.allocUnsafe(total(sizes));
  let end = 0;
  for (const piece of jsonPieces(sections.flat())) end += data.write(piece, end);
  return { data, sizes };
}

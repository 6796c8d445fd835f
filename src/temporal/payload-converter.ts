import type { Payload, PayloadConverter } from '@temporalio/common';
import { jsonAround, outlineOf, partAt, type Outline } from '../core/call/outline.js';
import { startsOf, total } from '../core/common/total.js';
import { garbage } from '../garbage.js';
import { JSON_METADATA, payloadConverter as plain } from './json-converter.js';
import { marked } from './outlined-payload.js';

/**
 * The converter of clients and activities: it says where a payload has what the workflow of a call hands on, so that this can be
 * stored by itself. By this name the SDK finds it in this file, which workers name.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: <T>(value: T): Payload => {
    const outline = outlineOf(value);
    return outline === null ? plain.toPayload(value) : payloadOf(value, outline);
  },
  fromPayload: <T>(payload: Payload): T => {
    const value = plain.fromPayload<T>(payload);
    garbage.collect(payload.data?.length ?? 0);
    return value;
  },
};

/** The payload that it would be without an outline, to the byte. */
function payloadOf(value: unknown, { value: view, paths }: Outline): Payload {
  const texts = jsonAround(value, paths).flatMap((text, index) => {
    const path = paths[index];
    return path === undefined ? [text] : [text, JSON.stringify(partAt(value, path))];
  });
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const starts = startsOf(sizes);
  const data = Buffer.allocUnsafe(total(sizes));
  for (const [index, text] of texts.entries()) data.write(text, starts[index] ?? 0);
  const parts = paths.map((path, index) => ({
    path,
    start: starts[2 * index + 1] ?? 0,
    bytes: sizes[2 * index + 1] ?? 0,
  }));
  return marked({ metadata: JSON_METADATA, data }, { value: view, parts });
}

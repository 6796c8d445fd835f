import { gunzipSync, gzipSync } from 'node:zlib';
import type { StreamPart } from '../core/call/stream-part.js';

/** No part that we packed has more: larger ones are somebody else's. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A part as a history keeps it. Chunks of a stream repeat their frames: packed, they are a tenth. */
export function packPart(part: StreamPart): Uint8Array {
  return new Uint8Array(gzipSync(JSON.stringify(part)));
}

export function unpackPart(packed: Uint8Array): StreamPart {
  return JSON.parse(gunzipSync(packed, { maxOutputLength: MAX_BYTES }).toString()) as StreamPart;
}

import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

/** How protobuf announces the data of a payload: field 2, of a length that follows. */
const DATA = (2 << 3) | 2;

/** A payload whole, with its metadata, as protobuf has it. Large data is copied once; protobuf's own writer does it three times. */
export function bytesOfPayload(payload: Payload): Buffer {
  return Buffer.concat(blocksOfPayload(payload));
}

/** The same in blocks, of which the data is one as it is. */
export function blocksOfPayload({ metadata, data }: Payload): Uint8Array[] {
  if (!data || data.length === 0) return [headOfPayload(metadata, 0)];
  return [headOfPayload(metadata, data.length), data];
}

/** What stands before the data of a payload, of so many bytes. */
export function headOfPayload(metadata: Payload['metadata'], bytes: number): Uint8Array {
  const head = PayloadProto.encode({ metadata: metadata ?? null });
  return bytes === 0 ? head.finish() : head.uint32(DATA).uint32(bytes).finish();
}

export function payloadOfBytes(bytes: Uint8Array): Payload {
  const { metadata, data } = PayloadProto.decode(bytes);
  return { metadata, data };
}

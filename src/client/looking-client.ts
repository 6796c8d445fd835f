import { Client, type ConnectionLike } from '@temporalio/client';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';

const NOTHING = defaultPayloadConverter.toPayload(null);

/** Leaves out what nobody here can read: anybody who reaches Temporal can write memos and summaries of any encoding. */
const leavingOut: PayloadCodec = {
  encode: async (payloads) => payloads,
  decode: async (payloads) => payloads.map((payload) => (isReadable(payload) ? payload : NOTHING)),
};

function isReadable(payload: Payload): boolean {
  try {
    defaultPayloadConverter.fromPayload(payload);
    return true;
  } catch {
    return false;
  }
}

/** A client to look at workflows with: one that cannot be read does not hide the others of a list. */
export function lookingClient(connection: ConnectionLike, namespace: string): Client {
  return new Client({ connection, namespace, dataConverter: { payloadCodecs: [leavingOut] } });
}

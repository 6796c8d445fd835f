import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  UndefinedPayloadConverter,
  ValueError,
  type Payload,
} from '@temporalio/common';

const encoder = new TextEncoder();
/** What cannot be read is told by JSON; a mark of the order of bytes is none of ours. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** That this is JSON, as the SDK says it. */
export const { metadata: JSON_METADATA = null } = new JsonPayloadConverter().toPayload(null) ?? {};

/**
 * The SDK's converter of JSON, with the platform's own UTF-8. The SDK's is written in JavaScript: with texts of megabytes it
 * holds the event loop, and takes several times their size.
 */
class FastJsonConverter extends JsonPayloadConverter {
  override toPayload(value: unknown): Payload | undefined {
    const json = jsonOf(value);
    return json === undefined ? undefined : { metadata: JSON_METADATA, data: encoder.encode(json) };
  }

  override fromPayload<T>({ data }: Payload): T {
    if (data === undefined || data === null) throw new ValueError('Got payload with no data');
    return JSON.parse(decoder.decode(data)) as T;
  }
}

/** By this name the SDK finds it in this file, which workers name. */
export const payloadConverter: CompositePayloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new FastJsonConverter(),
);

/** Undefined: JSON has no such value. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

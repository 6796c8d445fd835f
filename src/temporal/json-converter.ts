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
  readonly #wasRead: (payload: Payload) => void;

  constructor(wasRead: (payload: Payload) => void) {
    super();
    this.#wasRead = wasRead;
  }

  override toPayload(value: unknown): Payload | undefined {
    const json = jsonOf(value);
    return json === undefined ? undefined : { metadata: JSON_METADATA, data: encoder.encode(json) };
  }

  override fromPayload<T>(payload: Payload): T {
    const { data } = payload;
    if (data === undefined || data === null) throw new ValueError('Got payload with no data');
    const json = decoder.decode(data);
    this.#wasRead(payload);
    return JSON.parse(json) as T;
  }
}

/** @param wasRead - hears of payloads whose JSON is there as text: their bytes are not needed any more */
export function jsonConverter(wasRead: (payload: Payload) => void = () => undefined): CompositePayloadConverter {
  return new CompositePayloadConverter(
    new UndefinedPayloadConverter(),
    new BinaryPayloadConverter(),
    new FastJsonConverter(wasRead),
  );
}

/** By this name the SDK finds it in this file, which workers name. */
export const payloadConverter: CompositePayloadConverter = jsonConverter();

/** Undefined: JSON has no such value. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

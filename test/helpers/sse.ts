import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface ReadEvents {
  /** The body as it came. */
  readonly text: string;
  readonly events: readonly EventSourceMessage[];
  /** How the connection ended, where it was cut. */
  readonly error?: unknown;
}

/** Reads a stream of server-sent events to its end, also to one that is a cut. */
export async function readEvents(
  response: Response,
  onEvent: (event: EventSourceMessage) => void = () => undefined,
): Promise<ReadEvents> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      const piece = decoder.decode(chunk as Uint8Array, { stream: true });
      text += piece;
      parser.feed(piece);
    }
    return { text, events };
  } catch (error) {
    return { text, events, error };
  }
}

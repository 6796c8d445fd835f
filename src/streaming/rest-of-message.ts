import { parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import type { ProviderEvent } from '../core/call/stream-part.js';
import { fieldsOf } from '../core/common/fields.js';
import { deltasAtStart, eventsOfMessage, type MessageEvent } from './message-events.js';
import type { RestOfAnswer } from './rest-of-answer.js';

type Fields = Readonly<Record<string, unknown>>;

/** The rest of a message of Anthropic's API, in its events. */
export class RestOfMessage implements RestOfAnswer {
  /** What was sent: events by type and block, the texts of deltas, and how many deltas are no text. */
  private readonly events = new Set<string>();
  private readonly texts = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  add({ data }: ProviderEvent): void {
    const event = fieldsOf(parseExactJson(data));
    this.events.add(keyOf(event));
    for (const sent of [event, ...deltasAtStart(event)]) {
      const key = keyOf(sent);
      const { value } = partOf(sent);
      if (typeof value === 'string') this.texts.set(key, (this.texts.get(key) ?? '') + value);
      else this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    }
  }

  rest(answer: unknown): ProviderEvent[] | null {
    const rest: MessageEvent[] = [];
    const counts = new Map(this.counts);
    for (const event of eventsOfMessage(fieldsOf(answer))) {
      const key = keyOf(event);
      const { field, value } = partOf(event);
      // A block that has ended is whole.
      if (this.events.has(keyOf({ type: 'content_block_stop', index: event['index'] }))) continue;
      if (typeof value === 'string') {
        const text = this.texts.get(key) ?? '';
        const sent = field === 'partial_json' ? withoutSpaces(text) : text;
        if (!value.startsWith(sent)) return null;
        const missing = value.slice(sent.length);
        if (missing !== '') rest.push({ ...event, delta: { ...fieldsOf(event['delta']), [field]: missing } });
        continue;
      }
      const count = counts.get(key) ?? 0;
      if (count === 0) rest.push(event);
      else counts.set(key, count - 1);
    }
    return rest.map((event) => ({ event: event.type, data: stringifyExactJson(event) }));
  }
}

/** What an event adds to a block, and where. */
function partOf({ delta, type }: Fields): { readonly field: string; readonly value: unknown } {
  const parts = Object.entries(type === 'content_block_delta' ? fieldsOf(delta) : {});
  const [field, value] = parts.find(([key]) => key !== 'type') ?? ['', undefined];
  return { field, value };
}

function keyOf(event: Fields): string {
  return JSON.stringify([event['type'], event['index'], partOf(event).field]);
}

/** The beginning of a JSON as it is written here: providers put spaces between its parts. */
function withoutSpaces(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*"?)|\s+/gs, (_, text = '') => String(text));
}

import { parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import type { ProviderEvent } from '../core/call/stream-part.js';
import { fieldsOf } from '../core/common/fields.js';
import type { RestOfAnswer } from './rest-of-answer.js';
import { eventsOfResponse, type ResponseEvent } from './response-events.js';

type Fields = Readonly<Record<string, unknown>>;

/** The rest of a response, in its events. */
export class RestOfResponse implements RestOfAnswer {
  /** What was sent: events by type and place, places in which anything was, and the texts of deltas. */
  private readonly events = new Set<string>();
  private readonly places = new Set<string>();
  private readonly texts = new Map<string, string>();
  private nextNumber = 0;

  add({ data }: ProviderEvent): void {
    const event = fieldsOf(parseExactJson(data));
    const key = keyOf(event);
    this.events.add(key);
    for (const place of placesOf(event)) this.places.add(place);
    if (typeof event['delta'] === 'string') this.texts.set(key, (this.texts.get(key) ?? '') + event['delta']);
    const { sequence_number: number } = event;
    this.nextNumber = (typeof number === 'number' ? number : this.nextNumber) + 1;
  }

  rest(answer: unknown): ProviderEvent[] | null {
    const hasBegun = this.events.size > 0;
    const rest: ResponseEvent[] = [];
    for (const event of eventsOfResponse(fieldsOf(answer))) {
      if (typeof event['delta'] === 'string') {
        const sent = this.texts.get(keyOf(event)) ?? '';
        if (!event['delta'].startsWith(sent)) return null;
        const delta = event['delta'].slice(sent.length);
        if (delta !== '') rest.push({ ...event, delta });
      } else if (!this.isSent(event, hasBegun)) rest.push(event);
    }
    return rest.map((event) => ({
      event: event.type,
      data: stringifyExactJson({ ...event, sequence_number: this.nextNumber++ }),
    }));
  }

  private isSent(event: ResponseEvent, hasBegun: boolean): boolean {
    if (this.events.has(keyOf(event))) return true;
    if (event.type === 'response.created') return hasBegun;
    // Some providers never say that something begins.
    const isBeginning = event.type.endsWith('.added');
    return isBeginning && placesOf(event).every((place) => this.places.has(place));
  }
}

const INDEXES = ['output_index', 'summary_index', 'content_index'] as const;

function keyOf(event: Fields): string {
  return JSON.stringify([event['type'], ...INDEXES.map((index) => event[index])]);
}

/** The item, and the part of it, that an event is about. */
function placesOf(event: Fields): string[] {
  const [item, ...parts] = INDEXES.map((index) => event[index]);
  if (item === undefined) return [];
  const hasPart = parts.some((part) => part !== undefined);
  return [JSON.stringify([item]), ...(hasPart ? [JSON.stringify([item, ...parts])] : [])];
}

import { fieldsOf } from '../provider-error.js';
import { isFilled, type Assembler } from './assembler.js';

/** The last event of a response: each has the whole of it. */
const LAST_EVENTS: readonly unknown[] = ['response.completed', 'response.incomplete', 'response.failed'];

/** The events of a response. */
export class EventsAssembler implements Assembler {
  hasContent = false;
  isOver = false;
  usage: unknown = null;
  private whole: unknown = null;

  add({ type, delta, item, response }: Record<string, unknown>): void {
    this.usage = fieldsOf(response)['usage'] ?? this.usage;
    if (LAST_EVENTS.includes(type)) {
      this.whole = response;
      this.isOver = true;
      return;
    }
    const isPiece = typeof type === 'string' && type.endsWith('.delta') && isFilled(delta);
    this.hasContent ||= isPiece || (type === 'response.output_item.done' && isFilled(item));
  }

  isWhole(): boolean {
    return this.isOver;
  }

  response(): unknown {
    return this.whole;
  }
}

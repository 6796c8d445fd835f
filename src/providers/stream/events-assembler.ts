import { fieldsOf } from '../../core/common/fields.js';
import { isBlank } from '../provider-error.js';
import { isFilled, type Assembler, type ChunkMark } from './assembler.js';
import { ResponseItems } from './response-items.js';

/** The last event of a response: each has the whole of it. */
const LAST_EVENTS: readonly unknown[] = [
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'response.done', // OpenRouter
];

/** The events of a response. */
export class EventsAssembler implements Assembler {
  hasContent = false;
  isOver = false;
  usage: unknown = null;
  private whole: unknown = null;
  private readonly items = new ResponseItems();

  isPiece({ type, usage }: Record<string, unknown>): boolean {
    return !isBlank(usage) || (typeof type === 'string' && type.startsWith('response.'));
  }

  add(event: Record<string, unknown>): ChunkMark {
    const { type, delta, item, response } = event;
    this.usage = fieldsOf(response)['usage'] ?? this.usage;
    if (LAST_EVENTS.includes(type)) {
      this.whole = this.withItems(fieldsOf(response));
      this.isOver = true;
      return { hasContent: false, end: type === 'response.failed' ? 'failed' : 'end' };
    }
    this.items.add(event);
    const isPiece = typeof type === 'string' && type.endsWith('.delta') && isFilled(delta);
    const hasContent = isPiece || (type === 'response.output_item.done' && isFilled(item));
    this.hasContent ||= hasContent;
    return { hasContent, end: null };
  }

  isWhole(): boolean {
    return this.isOver;
  }

  response(): unknown {
    return this.whole;
  }

  /** The response, with the items that came where it lacks them, or what is in them. */
  private withItems(response: Record<string, unknown>): unknown {
    const came = this.items.whole();
    const output: unknown[] = Array.isArray(response['output']) ? response['output'] : [];
    const lacksItems = output.length < came.length;
    const isEmptied = output.some((item, index) => isFilled(contentOf(came[index])) && !isFilled(contentOf(item)));
    return lacksItems || isEmptied ? { ...response, output: came } : response;
  }
}

function contentOf(item: unknown): unknown {
  return fieldsOf(item)['content'];
}

import { fieldsOf } from '../../core/common/fields.js';
import { setField } from './merge-delta.js';

type Fields = Record<string, unknown>;

/** Where the texts of deltas belong, by the names of their events before `.delta`: into a field of the item, or of a part. */
const TEXTS: Readonly<Record<string, { readonly field: string; readonly parts?: string; readonly type?: string }>> = {
  'response.function_call_arguments': { field: 'arguments' },
  'response.custom_tool_call_input': { field: 'input' },
  'response.mcp_call_arguments': { field: 'arguments' },
  'response.output_text': { field: 'text', parts: 'content', type: 'output_text' },
  'response.refusal': { field: 'refusal', parts: 'content', type: 'refusal' },
  'response.reasoning_text': { field: 'text', parts: 'content', type: 'reasoning_text' },
  'response.reasoning_summary_text': { field: 'text', parts: 'summary', type: 'summary_text' },
};

/** The items of a response, put together from its events: some last events lack them (open-webui/open-webui#27800). */
export class ResponseItems {
  private readonly items = new Map<number, Fields>();

  add({ type, output_index: index, item, delta, ...event }: Fields): void {
    if (typeof index !== 'number' || typeof type !== 'string') return;
    if (type === 'response.output_item.added' || type === 'response.output_item.done') {
      this.items.set(index, structuredClone(fieldsOf(item)));
      return;
    }
    const row = TEXTS[type.replace(/\.delta$/, '')];
    if (row === undefined || typeof delta !== 'string') return;
    const holder = this.holderOf(index, row, event);
    const { [row.field]: known } = holder;
    setField(holder, row.field, (typeof known === 'string' ? known : '') + delta);
  }

  /** The items in their order. */
  whole(): Fields[] {
    return [...this.items].toSorted(([one], [other]) => one - other).map(([, item]) => item);
  }

  private holderOf(index: number, { parts, type }: { parts?: string; type?: string }, event: Fields): Fields {
    const item = this.items.get(index) ?? { id: event['item_id'], type: 'message', role: 'assistant' };
    this.items.set(index, item);
    if (parts === undefined) return item;
    const list = Array.isArray(item[parts]) ? (item[parts] as Fields[]) : [];
    setField(item, parts, list);
    const position = Number(event['content_index'] ?? event['summary_index'] ?? 0);
    while (list.length <= position && list.length < MAX_PARTS) list.push({ type });
    return list[position] ?? {};
  }
}

/** No item has more; an index is the provider's. */
const MAX_PARTS = 1000;

import { fieldsOf } from '../core/common/fields.js';

/** An event of a streamed response, without its number. */
export type ResponseEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

type Fields = Record<string, unknown>;

interface TextRow {
  /** Where an item, or a part of one, has its text. */
  readonly field: string;
  /** What the events of the text are called, before `.delta` and `.done`. */
  readonly event: string;
}

/** Items that are a text, by their type. */
const TEXT_ITEMS: Readonly<Record<string, TextRow>> = {
  function_call: { field: 'arguments', event: 'response.function_call_arguments' },
  custom_tool_call: { field: 'input', event: 'response.custom_tool_call_input' },
  mcp_call: { field: 'arguments', event: 'response.mcp_call_arguments' },
};

/** Parts that are a text, by their type. */
const TEXT_PARTS: Readonly<Record<string, TextRow>> = {
  output_text: { field: 'text', event: 'response.output_text' },
  refusal: { field: 'refusal', event: 'response.refusal' },
  reasoning_text: { field: 'text', event: 'response.reasoning_text' },
  summary_text: { field: 'text', event: 'response.reasoning_summary_text' },
};

/** Where items have their parts, and what the events of a part are called, before `.added` and `.done`. */
const PARTS = [
  { field: 'summary', index: 'summary_index', event: 'response.reasoning_summary_part' },
  { field: 'content', index: 'content_index', event: 'response.content_part' },
] as const;

/** The events in which OpenAI would have streamed a response, each text in one piece. */
export function eventsOfResponse(response: Fields): ResponseEvent[] {
  const begun = { ...response, status: 'in_progress', output: [], usage: null };
  const items = Array.isArray(response['output']) ? response['output'].map(fieldsOf) : [];
  const isCutShort = response['status'] === 'incomplete';
  return [
    { type: 'response.created', response: begun },
    ...items.flatMap((item, index) => eventsOfItem(item, index)),
    { type: isCutShort ? 'response.incomplete' : 'response.completed', response },
  ];
}

function eventsOfItem(item: Fields, outputIndex: number): ResponseEvent[] {
  const place = { item_id: item['id'], output_index: outputIndex };
  const text = TEXT_ITEMS[String(item['type'])];
  const lists = PARTS.filter(({ field }) => Array.isArray(item[field]));
  const empty = {
    ...item,
    ...('status' in item && { status: 'in_progress' }),
    ...(text && { [text.field]: '' }),
    ...Object.fromEntries(lists.map(({ field }) => [field, []])),
  };
  return [
    { type: 'response.output_item.added', output_index: outputIndex, item: empty },
    ...(text ? eventsOfText(text, item, place) : []),
    ...lists.flatMap(({ field, index, event }) =>
      (item[field] as unknown[]).map(fieldsOf).flatMap((part, position) => {
        const its = { ...place, [index]: position };
        const row = TEXT_PARTS[String(part['type'])];
        return [
          { ...its, type: `${event}.added`, part: row ? { ...part, [row.field]: '' } : part },
          ...(row ? eventsOfText(row, part, its) : []),
          { ...its, type: `${event}.done`, part },
        ];
      }),
    ),
    { type: 'response.output_item.done', output_index: outputIndex, item },
  ];
}

function eventsOfText({ field, event }: TextRow, holder: Fields, place: Fields): ResponseEvent[] {
  const text = typeof holder[field] === 'string' ? holder[field] : '';
  const logprobs = event === 'response.output_text' ? { logprobs: [] } : {};
  return [
    { ...place, type: `${event}.delta`, delta: text, ...logprobs },
    { ...place, type: `${event}.done`, [field]: text, ...logprobs },
  ];
}

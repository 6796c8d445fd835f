import { stringifyExactJson } from '../core/common/exact-json.js';
import { fieldsOf } from '../core/common/fields.js';

/** An event of a streamed message. */
export type MessageEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

type Fields = Record<string, unknown>;

/** What of a block comes in deltas: the field that has it, the type of the delta, and its field. */
const DELTAS = [
  { field: 'citations', type: 'citations_delta', as: 'citation', empty: [] },
  { field: 'text', type: 'text_delta', as: 'text', empty: '' },
  { field: 'thinking', type: 'thinking_delta', as: 'thinking', empty: '' },
  { field: 'signature', type: 'signature_delta', as: 'signature', empty: '' },
  { field: 'input', type: 'input_json_delta', as: 'partial_json', empty: {} },
] as const;

/** What a message says when it ends. */
const SAID_AT_THE_END: readonly string[] = ['stop_reason', 'stop_sequence', 'stop_details', 'container'];

/** The events in which Anthropic would have streamed a message, each text in one piece. */
export function eventsOfMessage(message: Fields): MessageEvent[] {
  const blocks = Array.isArray(message['content']) ? message['content'].map(fieldsOf) : [];
  const usage = fieldsOf(message['usage']);
  const end = Object.entries(message).filter(([key]) => SAID_AT_THE_END.includes(key));
  const begun = { ...message, ...Object.fromEntries(end.map(([key]) => [key, null])), content: [] };
  const tokensAtStart = { ...usage, output_tokens: 0 };
  return [
    { type: 'message_start', message: { ...begun, usage: tokensAtStart } },
    ...blocks.flatMap(eventsOfBlock),
    { type: 'message_delta', delta: Object.fromEntries(end), usage },
    { type: 'message_stop' },
  ];
}

function eventsOfBlock(block: Fields, index: number): MessageEvent[] {
  const streamed = DELTAS.filter(({ field }) => isStreamed(block[field]));
  const empty = Object.fromEntries(streamed.map((row) => [row.field, row.empty]));
  return [
    { type: 'content_block_start', index, content_block: { ...block, ...empty } },
    ...deltasOf(block, index),
    { type: 'content_block_stop', index },
  ];
}

/** What an event says as deltas would: some providers put a text into the start of its block. */
export function deltasAtStart({ type, index, content_block: block }: Fields): MessageEvent[] {
  return type === 'content_block_start' ? deltasOf({ ...fieldsOf(block), input: null }, index) : [];
}

function deltasOf(block: Fields, index: unknown): MessageEvent[] {
  return DELTAS.filter(({ field }) => isStreamed(block[field])).flatMap(({ field, type, as }) =>
    valuesOf(block[field], field).map((value) => ({
      type: 'content_block_delta',
      index,
      delta: { type, [as]: value },
    })),
  );
}

function isStreamed(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function valuesOf(value: unknown, field: string): unknown[] {
  if (Array.isArray(value)) return value;
  return [field === 'input' && typeof value !== 'string' ? stringifyExactJson(value) : value];
}

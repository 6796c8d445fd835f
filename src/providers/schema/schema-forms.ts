import type { Operation } from '../../core/common/operations.js';
import { finishMeaning } from '../../core/errors/tables/finish-reasons.js';
import { fieldsOf } from '../../core/common/fields.js';
import { isBlank } from '../provider-error.js';
import { partsOf } from '../stream/content-parts.js';

/** A text of an answer that has to fit. */
export interface JudgedText {
  /** Its place in the answer. */
  readonly where: string;
  readonly text: string;
  /** The provider's word for how it came to its end, where that is known: a limit of tokens may have cut it. */
  readonly ending: string | null;
}

/** Where an operation has its JSON schema, and the texts of its answer that the schema is for. */
interface SchemaForm {
  /** What the request says of the form of the answer. */
  formatOf(body: Fields): Fields;
  /** Where that has the schema. */
  schemaOf(format: Fields): unknown;
  textsOf(answer: Fields): JudgedText[];
}

type Fields = Record<string, unknown>;

/** Operations that can be asked for an answer by a schema (OpenAI's and Anthropic's API references, read 2026-11). */
export const SCHEMA_FORMS: { readonly [operation in Operation]?: SchemaForm } = {
  'chat.completions': {
    formatOf: (body) => fieldsOf(body['response_format']),
    schemaOf: (format) => fieldsOf(format['json_schema'])['schema'],
    textsOf: ({ choices }) => (Array.isArray(choices) ? choices.flatMap(textsOfChoice) : []),
  },
  responses: {
    formatOf: (body) => fieldsOf(fieldsOf(body['text'])['format']),
    schemaOf: (format) => format['schema'],
    textsOf: textsOfResponse,
  },
  messages: {
    // The latter is of the beta.
    formatOf: (body) => fieldsOf(fieldsOf(body['output_config'])['format'] ?? body['output_format']),
    schemaOf: (format) => format['schema'],
    textsOf: textsOfMessage,
  },
};

/** A call of a tool is no answer yet, a refusal is none, and of a blocked answer nobody knows what it would be. */
function textsOfChoice(choice: unknown, index: number): JudgedText[] {
  const { message, finish_reason: reason } = fieldsOf(choice);
  const { content, refusal, tool_calls: calls, function_call: call } = fieldsOf(message);
  if (finishMeaning(reason) === 'blocked' || ![refusal, calls, call].every(isBlank)) return [];
  const ending = finishMeaning(reason) === 'end' ? `finish_reason ${String(reason)}` : null;
  return [{ where: `choices[${index}]`, text: textOf(content, 'text'), ending }];
}

/** The last thing that the model says tells what the answer is. */
function textsOfResponse({ output, status, incomplete_details: details }: Fields): JudgedText[] {
  const isIncomplete = status === 'incomplete';
  if (isIncomplete && fieldsOf(details)['reason'] === 'content_filter') return [];
  const items: unknown[] = Array.isArray(output) ? output : [];
  const index = items.findLastIndex((item) => fieldsOf(item)['type'] !== 'reasoning');
  const { type, content } = fieldsOf(items[index]);
  const isMessage = type === 'message' && !partsOf(content).some((part) => fieldsOf(part)['type'] === 'refusal');
  if (index !== -1 && !isMessage) return [];
  const ending = isIncomplete ? 'status incomplete' : null;
  return [{ where: index === -1 ? 'output' : `output[${index}]`, text: textOf(content, 'output_text'), ending }];
}

/** A message that calls a tool, or goes on in another request, is no answer yet. */
function textsOfMessage({ content, stop_reason: reason }: Fields): JudgedText[] {
  if (finishMeaning(reason) === 'blocked' || UNANSWERED.includes(String(reason))) return [];
  return [{ where: 'content', text: textOf(content, 'text'), ending: `stop_reason ${String(reason)}` }];
}

const UNANSWERED: readonly string[] = ['tool_use', 'pause_turn'];

function textOf(content: unknown, type: string): string {
  if (typeof content === 'string') return content;
  return partsOf(content)
    .map(fieldsOf)
    .filter((part) => part['type'] === type)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}

import type { OutputRow } from '../../batch/index.js';
import { answerText } from '../answer-text.js';

/** The columns of `results --format csv`, and what a row has there. */
const COLUMNS: Readonly<Record<string, (row: OutputRow) => string | number | null | undefined>> = {
  custom_id: (row) => row.custom_id,
  state: ({ error }) => (error === null ? 'answered' : 'failed'),
  answer: ({ error, response }) => (error === null ? answerText(response?.body) : null),
  error: ({ error }) => error?.code,
  message: ({ error }) => error?.message,
  group: ({ holdfast }) => holdfast.group,
  model: ({ holdfast }) => holdfast.model,
  attempts: ({ holdfast }) => holdfast.attempts,
  retries: ({ holdfast }) => holdfast.retries,
  fallbacks: ({ holdfast }) => holdfast.fallbacks,
  prompt_tokens: ({ holdfast }) => holdfast.tokens?.prompt,
  completion_tokens: ({ holdfast }) => holdfast.tokens?.completion,
  total_tokens: ({ holdfast }) => holdfast.tokens?.total,
};

/** Rows as CSV (RFC 4180), with a line of headings. */
export async function* csvLines(rows: AsyncIterable<OutputRow>): AsyncGenerator<string> {
  yield csvLine(Object.keys(COLUMNS));
  for await (const row of rows) yield csvLine(Object.values(COLUMNS).map((valueOf) => valueOf(row)));
}

function csvLine(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map((value) => quoted(String(value ?? ''))).join(',')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

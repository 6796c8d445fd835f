import { isUtf8 } from 'node:buffer';
import { checkCall } from '../config/index.js';
import { MAX_PAYLOAD_BYTES } from '../core/limits.js';
import { OPERATIONS, type Operation } from '../core/operations.js';
import { redactedMessage } from '../core/redact.js';
import type { RawRequest } from '../core/request.js';
import type { RequestSettings } from '../core/settings.js';

/** A call that is well-formed; what a config may have against it is another matter. */
export interface RowCall {
  readonly operation: Operation;
  readonly model: string;
  readonly settings: RequestSettings;
}

/** A row that can be run, or what is wrong with it. */
export type CheckedRow =
  | { readonly problem: null; readonly customId: string; readonly call: RowCall; readonly request: RawRequest }
  | { readonly problem: string; readonly customId: string | null };

const MAX_ID_LENGTH = 512;

const OPERATION_OF_PATH: ReadonlyMap<string, Operation> = new Map(
  Object.entries(OPERATIONS).flatMap(([operation, { path }]) => [
    [path, operation as Operation],
    [`/v1${path}`, operation as Operation],
  ]),
);

const KNOWN_URLS = Object.values(OPERATIONS)
  .map(({ path }) => `/v1${path}`)
  .join(', ');

/** Checks a line as far as it can be told from itself. */
export function checkRow(line: Buffer, settings: RawRequest): CheckedRow {
  try {
    return checkFields(line, settings);
  } catch (error) {
    // Thousands of brackets within each other: more than can be written as JSON again.
    if (error instanceof RangeError) return { problem: 'the row is nested too deeply', customId: null };
    throw error;
  }
}

function checkFields(line: Buffer, settings: RawRequest): CheckedRow {
  if (!isUtf8(line)) return { problem: 'expected UTF-8', customId: null };
  const { row, problem: unreadable } = parseLine(line);
  if (row === null) return { problem: unreadable, customId: null };
  const { custom_id: id, method, url, body } = row;
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH) {
    return { problem: `custom_id: ${expected(`a text of 1 to ${MAX_ID_LENGTH} characters`, id)}`, customId: null };
  }
  const wrong = (problem: string): CheckedRow => ({ problem: redactedMessage(problem), customId: id });
  if (method !== undefined && method !== 'POST') return wrong(`method: ${expected('"POST"', method)}`);
  const operation = OPERATION_OF_PATH.get(url as string);
  if (operation === undefined) return wrong(`url: ${expected(`one of ${KNOWN_URLS}`, url)}`);
  if (!isObject(body)) return wrong(`body: ${expected('an object', body)}`);
  const request = withSettings(body, settings);
  if (request['stream'] === true) return wrong('body.stream: nobody reads along with a batch; leave it out');
  const call = checkCall(operation, request);
  if (call.problem !== null) return wrong(`body: ${call.problem}`);
  const bytes = Buffer.byteLength(JSON.stringify(request));
  if (bytes > MAX_PAYLOAD_BYTES) return wrong(`body: ${bytes} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} can be kept`);
  return { problem: null, customId: id, call, request };
}

type ParsedLine =
  | { readonly row: Readonly<Record<string, unknown>>; readonly problem: null }
  | { readonly row: null; readonly problem: string };

function parseLine(line: Buffer): ParsedLine {
  try {
    const row: unknown = JSON.parse(line.toString('utf8'));
    return isObject(row) ? { row, problem: null } : { row: null, problem: expected('an object', row) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { row: null, problem: redactedMessage(`no valid JSON: ${error.message}`) };
  }
}

/** The body is fresh from the parser and nobody else's; adding to it takes a fraction of the time of a copy. */
function withSettings(body: Record<string, unknown>, settings: RawRequest): RawRequest {
  for (const key of Object.keys(settings)) {
    if (!Object.hasOwn(body, key)) body[key] = settings[key];
  }
  return body;
}

function expected(what: string, value: unknown): string {
  return value === undefined ? `missing: expected ${what}` : `expected ${what}, got ${shown(value)}`;
}

const MAX_SHOWN = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  const text = redactedMessage(JSON.stringify(value));
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 1)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { isCrowdedJson, MAX_FIELDS } from '../core/common/crowded-json.js';
import { parseExactJson } from '../core/common/exact-json.js';
import { isUtf8 } from 'node:buffer';
import { checkCall } from '../config/index.js';
import { OPERATION_URLS, operationOfUrl, type Operation } from '../core/common/operations.js';
import { redactedMessage } from '../core/common/redact.js';
import { cutText } from '../core/common/text.js';
import type { RawRequest } from '../core/plan/request.js';
import type { RequestSettings } from '../core/plan/settings.js';

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

const STREAM = 'stream: nobody reads along with a batch; leave it out';

/** Checks a line as far as it can be told from itself. */
export function checkRow(line: Buffer, settings: RawRequest): CheckedRow {
  if (!isUtf8(line)) return { problem: 'expected UTF-8', customId: null };
  const { row, problem: unreadable } = parseLine(line);
  if (row === null) return { problem: unreadable, customId: null };
  const { custom_id: customId, method, url, body } = row;
  if (typeof customId !== 'string' || customId === '' || customId.length > MAX_ID_LENGTH) {
    return {
      problem: `custom_id: ${expected(`a text of 1 to ${MAX_ID_LENGTH} characters`, customId)}`,
      customId: null,
    };
  }
  if (method !== undefined && method !== 'POST') return { problem: `method: ${expected('"POST"', method)}`, customId };
  const operation = operationOfUrl(url);
  if (operation === undefined) return { problem: `url: ${expected(`one of ${OPERATION_URLS}`, url)}`, customId };
  if (!isObject(body)) return { problem: `body: ${expected('an object', body)}`, customId };
  const request = withSettings(body, settings);
  const call = checkCall(operation, request);
  const problem = call.problem ?? (request['stream'] === true ? STREAM : null);
  // The first half only tells the compiler that the call has no problem either.
  if (call.problem !== null || problem !== null) return { problem: `body: ${problem}`, customId };
  return { problem: null, customId, call, request };
}

type ParsedLine =
  | { readonly row: Readonly<Record<string, unknown>>; readonly problem: null }
  | { readonly row: null; readonly problem: string };

function parseLine(line: Buffer): ParsedLine {
  const text = line.toString('utf8');
  if (isCrowdedJson(text)) return { row: null, problem: `an object in it has more than ${MAX_FIELDS} fields` };
  try {
    const row = parseExactJson(text);
    return isObject(row) ? { row, problem: null } : { row: null, problem: expected('an object', row) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { row: null, problem: redactedMessage(`no valid JSON: ${withNames(error.message, text)}`) };
  }
}

/** A byte order mark, a no-break space and their like: nobody sees them, so they are named. */
const INVISIBLE = /(?! )[\p{C}\p{Z}]/gu;

/** The parser's message names a character, or only its place. */
function withNames(message: string, text: string): string {
  const place = / at position (\d+)/.exec(message)?.[1];
  const found = place === undefined ? '' : text.charAt(Number(place));
  const name = named(found);
  return `${named(message)}${name === found ? '' : `: ${name}`}`;
}

function named(text: string): string {
  return text.replace(INVISIBLE, (found) => `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
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

/** No more of a text is looked at. */
const MAX_READ = 4000;

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return cutText(
    redactedMessage(JSON.stringify(typeof value === 'string' ? value.slice(0, MAX_READ) : value)),
    MAX_SHOWN,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

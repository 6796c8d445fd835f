import { fieldsOf } from '../../core/common/fields.js';

type Fields = Record<string, unknown>;

/** Where a call, or a message of older models, has what is called and with what. */
export const CALLED: readonly string[] = ['function', 'custom', 'function_call'];

/**
 * The tool call that a piece goes on with; undefined: it begins another one. Providers number calls, or repeat their ids,
 * or do neither, or number them wrong (AstrBotDevs/AstrBot#6692, openai/openai-python#3246): an id that is known counts
 * first, then the number; a piece that neither names nor identifies a call goes on with the last one.
 */
export function continuedCall(calls: readonly unknown[], piece: unknown): Fields | undefined {
  const known = calls.filter(isObject);
  const { index, id } = fieldsOf(piece);
  const { name } = calledOf(piece);
  const sameId = isText(id) ? known.findLast((call) => call['id'] === id) : undefined;
  if (sameId !== undefined && !isNumberedApart(sameId, index, name)) return sameId;
  const last = known.at(-1);
  if (typeof index === 'number') {
    const numbered = known.findLast((call) => call['index'] === index);
    if (numbered !== undefined) return isAnother(numbered, id, name) ? undefined : numbered;
    return isText(id) || isText(name) ? undefined : last;
  }
  if (isText(id)) return undefined;
  return isText(name) && last !== undefined && isComplete(last, name) ? undefined : last;
}

/** Some give all calls that are made at once the same number, or the same id. */
function isAnother(call: Fields, id: unknown, name: unknown): boolean {
  if (!isText(name)) return false;
  const isOtherId = isText(id) && isText(call['id']) && id !== call['id'];
  const { name: known, arguments: given } = calledOf(call);
  return isOtherId || (!isText(id) && isText(known) && known !== name && isText(given));
}

function isNumberedApart(call: Fields, index: unknown, name: unknown): boolean {
  const { name: known, arguments: given } = calledOf(call);
  return typeof index === 'number' && index !== call['index'] && isText(name) && known !== name && isText(given);
}

/** Without numbers and ids a name begins another call, unless it goes on with that of one that has an id. */
function isComplete(call: Fields, name: string): boolean {
  const { name: known, arguments: given } = calledOf(call);
  return known !== name && (isText(given) || !isText(call['id']));
}

/** A name that comes in pieces goes on until the arguments begin; one that is repeated stays what it is. */
export function mergedName(known: string, piece: string, { arguments: given, input }: Fields): string {
  if (known === '') return piece;
  return piece === known || isText(given) || isText(input) ? known : known + piece;
}

function calledOf(call: unknown): Fields {
  const fields = fieldsOf(call);
  const { input, ...others } = { ...fieldsOf(fields['custom']), ...fieldsOf(fields['function']) };
  return { ...(input !== undefined && { arguments: input }), ...others };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

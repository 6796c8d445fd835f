/** Fields that an object may have. What requests have of them are hundreds; JavaScript takes long over very many. */
export const MAX_FIELDS = 20_000;

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const OPEN_OBJECT = '{'.charCodeAt(0);
const OPEN_LIST = '['.charCodeAt(0);
const CLOSE_OBJECT = '}'.charCodeAt(0);
const CLOSE_LIST = ']'.charCodeAt(0);

/** The shortest field, and its comma: `"":1,` */
const FIELD_LENGTH = 5;

/**
 * Whether an object in a text of JSON has more fields than it may. Looks at the text only, which takes a small part of the
 * time that making such an object takes.
 */
export function isCrowdedJson(json: string, most = MAX_FIELDS): boolean {
  if (json.length < most * FIELD_LENGTH) return false;
  // Commas so far, of each list and object that is open; those of lists do not count.
  const commas: number[] = [];
  for (let index = 0; index < json.length; index++) {
    switch (json.charCodeAt(index)) {
      case QUOTE:
        index = endOfText(json, index);
        break;
      case OPEN_OBJECT:
        commas.push(0);
        break;
      case OPEN_LIST:
        commas.push(-Infinity);
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        commas.pop();
        break;
      case COMMA: {
        const count = (commas.pop() ?? 0) + 1;
        if (count >= most) return true;
        commas.push(count);
      }
    }
  }
  return false;
}

/** Where a text ends that begins here. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    if (!isEscaped(json, end)) return end;
  }
  return json.length;
}

/** Whether an odd number of backslashes is before a character. */
function isEscaped(json: string, index: number): boolean {
  let before = index;
  while (json.charCodeAt(before - 1) === BACKSLASH) before--;
  return (index - before) % 2 === 1;
}

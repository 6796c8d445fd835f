/** The text of an answer, of each choice if there are several; an answer that is no text as JSON. */
export function answerText(response: unknown): string {
  const texts = textsOf(response);
  const areTexts = texts.length > 0 && texts.every((text) => text !== null);
  return areTexts ? texts.join('\n\n') : JSON.stringify(response, null, 2);
}

/** The text of each choice, of each part of a response's messages, or of each block of a message; null for what is none. */
function textsOf(response: unknown): (string | null)[] {
  const choices = listIn(response, 'choices');
  if (choices.length > 0) {
    return choices.map((choice) => textIn(valueIn(choice, 'message'), 'content') ?? textIn(choice, 'text'));
  }
  const blocks = listIn(response, 'content');
  if (blocks.length > 0) return blocks.filter(isSaid).map((block) => textIn(block, 'text'));
  return listIn(response, 'output').flatMap((item) => listIn(item, 'content').map((part) => textIn(part, 'text')));
}

/** Whether a block of a message is no thought. */
function isSaid(block: unknown): boolean {
  return textIn(block, 'type')?.includes('thinking') !== true;
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = valueIn(value, key);
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, key: string): string | null {
  const text = valueIn(value, key);
  return typeof text === 'string' ? text : null;
}

function valueIn(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** The text of an answer, of each choice if there are several; an answer that is no text as JSON. */
export function answerText(response: unknown): string {
  const texts = choicesOf(response).map(contentOf);
  const areTexts = texts.length > 0 && texts.every((text) => text !== null);
  return areTexts ? texts.join('\n\n') : JSON.stringify(response, null, 2);
}

function choicesOf(response: unknown): readonly unknown[] {
  if (typeof response !== 'object' || response === null || !('choices' in response)) return [];
  return Array.isArray(response.choices) ? response.choices : [];
}

function contentOf(choice: unknown): string | null {
  if (typeof choice !== 'object' || choice === null || !('message' in choice)) return null;
  const { message } = choice;
  if (typeof message !== 'object' || message === null || !('content' in message)) return null;
  return typeof message.content === 'string' ? message.content : null;
}

import { createHash } from 'node:crypto';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The part of a request that is the prompt, under whatever name the endpoint has for it. */
export function promptOf(body: JsonObject): unknown {
  return body['messages'] ?? body['input'] ?? body['prompt'] ?? '';
}

/** A short key that is the same for the same prompt. */
export function promptHash(body: JsonObject): string {
  return createHash('sha1')
    .update(JSON.stringify(promptOf(body)))
    .digest('base64');
}

/** The text of the last user message, or of a prompt that is not a list of messages. */
export function lastUserText(body: JsonObject): string {
  const prompt = promptOf(body);
  if (!Array.isArray(prompt)) return textOf(prompt);
  const message: unknown = prompt.findLast((item) => isObject(item) && item['role'] === 'user') ?? prompt.at(-1);
  return textOf(isObject(message) ? message['content'] : message);
}

/** About four characters are a token; exact numbers are no use in a made-up answer. */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

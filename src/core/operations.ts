/** What sets one kind of LLM request apart from another. Adding an operation is adding a row. */
export interface OperationRow {
  /** The path under the provider's base URL. */
  readonly path: string;
  /** The field of the request that holds the prompt: it must be there. */
  readonly prompt: string;
  /** The field of the answer without which it is no answer: a list that is not empty. */
  readonly answer: string;
  /** The field of each element of the answer that says `content_filter` when it was blocked; null: there is none. */
  readonly finishReason: string | null;
}

export const OPERATIONS = {
  'chat.completions': {
    path: '/chat/completions',
    prompt: 'messages',
    answer: 'choices',
    finishReason: 'finish_reason',
  },
} as const satisfies Record<string, OperationRow>;

export type Operation = keyof typeof OPERATIONS;

export function isOperation(name: unknown): name is Operation {
  return typeof name === 'string' && Object.hasOwn(OPERATIONS, name);
}

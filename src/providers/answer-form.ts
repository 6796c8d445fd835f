/** What an answer that has come whole says of itself, in one form of answer. */
export interface AnswerForm {
  /** Whether it says that it failed; what went wrong stands in it. */
  hasFailed(body: Fields): boolean;
  /** Whether a content filter blocked all of it. */
  isBlocked(body: Fields, parts: readonly unknown[]): boolean;
  /** Why what is there is no answer; null: it is one. */
  whyNone(body: Fields, parts: readonly unknown[]): string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** One that says nothing but what is in it. */
export function plainForm(field: string): AnswerForm {
  return {
    hasFailed: () => false,
    isBlocked: () => false,
    whyNone: (_, parts) => (parts.length > 0 ? null : without(field)),
  };
}

export function without(field: string): string {
  return `the provider answered 200 without ${field}`;
}

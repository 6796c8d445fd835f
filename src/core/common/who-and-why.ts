/** Who does something to calls or deployments, and why: for people who read of it later. */
export interface WhoAndWhy {
  /** At most 100 characters. */
  readonly by: string;
  /** At most 300 characters. */
  readonly why: string;
}

const MOST_BY = 100;
const MOST_WHY = 300;

/** What is wrong with what may have been written by hand; null: nothing. */
export function problemOfWho({ by, why }: { readonly by?: unknown; readonly why?: unknown }): string | null {
  if (!saysSomething(by, MOST_BY)) return `"by" must say who acts, in at most ${MOST_BY} characters`;
  if (!saysSomething(why, MOST_WHY)) return `"why" must give a reason, in at most ${MOST_WHY} characters`;
  return null;
}

export function saysSomething(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= most;
}

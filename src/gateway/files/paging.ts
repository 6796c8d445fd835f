import { Refusal } from '../refusal.js';

/** OpenAI's form of a list that comes in pages. */
export interface Page<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

export interface PageQuery {
  /** The id that the page before ended with. */
  readonly after?: string;
  readonly limit?: string;
}

interface PageLimits {
  readonly byDefault: number;
  readonly most: number;
}

/** So many are looked at side by side. */
const AT_ONCE = 16;

/**
 * The page of a list that a client asks for.
 * @param ids - of everything in the list, in its order
 * @param find - what an id stands for; null: it is gone
 */
export async function pageOf<T extends { readonly id: string }>(
  ids: readonly string[],
  { after, limit }: PageQuery,
  { byDefault, most }: PageLimits,
  find: (id: string) => Promise<T | null>,
): Promise<Page<T>> {
  const size = limit === undefined ? byDefault : Number(limit);
  if (!Number.isInteger(size) || size < 1 || size > most) throw wrong(`limit: expected a number from 1 to ${most}`);
  const start = after === undefined ? 0 : ids.indexOf(after) + 1;
  if (start === 0 && after !== undefined) throw wrong('after: there is nothing with this id');
  const data: T[] = [];
  // One more than there is room for tells whether there are more.
  for (let next = start; next < ids.length && data.length <= size; next += AT_ONCE) {
    const found = await Promise.all(ids.slice(next, next + AT_ONCE).map(find));
    data.push(...found.filter((each) => each !== null));
  }
  const page = data.slice(0, size);
  return {
    object: 'list',
    data: page,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: data.length > size,
  };
}

function wrong(message: string): Refusal {
  return new Refusal({ kind: 'BadRequestError', message });
}

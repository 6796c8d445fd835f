/** Cases that are not right yet. One that is must leave the list. */
export const KNOWN: readonly string[] = [];

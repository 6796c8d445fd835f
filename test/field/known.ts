/** Cases that are not right yet. One that is must leave the list. */
export const KNOWN: readonly string[] = ['rows-array', 'rows-line-separators', 'rows-two-marks'];

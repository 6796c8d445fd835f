/** Cases that are not right yet. One that is must leave the list. */
export const KNOWN: readonly string[] = [
  'azure-full-url',
  'azure-o-series',
  'base-with-route',
  'rows-array',
  'rows-line-separators',
  'rows-two-marks',
  'schema-not-kept',
  'star-for-all-providers',
];

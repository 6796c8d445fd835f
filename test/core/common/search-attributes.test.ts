import { expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../../src/core/common/search-attributes.js';

test('the search attributes of calls and batches, none of which can hold a text of the caller', () => {
  expect(SEARCH_ATTRIBUTES).toEqual({
    HoldfastGroup: 'Keyword',
    HoldfastServedGroup: 'Keyword',
    HoldfastOutcome: 'Keyword',
    HoldfastErrorKind: 'Keyword',
    HoldfastAttempts: 'Int',
    HoldfastFallbacks: 'Int',
    HoldfastBatch: 'Keyword',
    HoldfastRows: 'Double',
    HoldfastRowsAnswered: 'Double',
    HoldfastRowsFailed: 'Double',
  });
});

import { expect, test } from 'vitest';
import { finishMeaning } from '../../../src/core/errors/tables/finish-reasons.js';

test.each([
  ['stop', 'end'],
  ['STOP', 'end'],
  ['tool_calls', 'end'],
  ['eos', 'end'],
  ['content_filter', 'blocked'],
  ['SAFETY', 'blocked'],
  ['error', 'failed'],
  ['insufficient_system_resource', 'failed'],
  ['MALFORMED_FUNCTION_CALL', 'failed if empty'],
  ['function_call_filter: MALFORMED_FUNCTION_CALL', 'failed if empty'],
  ['filter: nothing that is known', null],
  ['', null],
  ['null', null],
  ['pending', null],
  ['constructor', null],
  [null, null],
  [7, null],
])('finish_reason %j means %s', (reason, meaning) => {
  expect(finishMeaning(reason)).toBe(meaning);
});

import { describe, expect, test } from 'vitest';
import { CONTENT_POLICY_TEXTS } from '../../../src/core/errors/tables/content-policy-texts.js';
import { CONTEXT_WINDOW_TEXTS } from '../../../src/core/errors/tables/context-window-texts.js';
import { KIND_OF_CODE } from '../../../src/core/errors/tables/kinds-of-codes.js';
import { LIMIT_HEADERS } from '../../../src/core/errors/tables/limit-headers.js';
import { LOST_STATE_CODES, LOST_STATE_TEXTS } from '../../../src/core/errors/tables/lost-state.js';
import { STATUS_OF_TEXT, STATUS_OF_WORD } from '../../../src/core/errors/tables/status-of-words.js';
import { UNSUPPORTED_PARAMS_TEXTS } from '../../../src/core/errors/tables/unsupported-params-texts.js';
import { USED_UP_CODES, USED_UP_TEXTS } from '../../../src/core/errors/tables/used-up.js';

const ROWS = [
  ...CONTEXT_WINDOW_TEXTS,
  ...CONTENT_POLICY_TEXTS,
  ...UNSUPPORTED_PARAMS_TEXTS,
  ...USED_UP_TEXTS,
  ...LOST_STATE_TEXTS,
  ...STATUS_OF_TEXT,
  ...LIMIT_HEADERS,
];

test('every row says who writes it, where that was read, and when', () => {
  for (const { by, source, date } of ROWS) {
    expect(by).not.toBe('');
    expect(source).not.toBe('');
    expect(date).toMatch(/^20\d\d-\d\d$/);
  }
});

describe('what is looked up is written as it is looked up: in small letters', () => {
  const names = [...Object.keys(KIND_OF_CODE), ...Object.keys(STATUS_OF_WORD), ...USED_UP_CODES, ...LOST_STATE_CODES];
  test.each(names)('%s', (name) => {
    expect(name).toBe(name.toLowerCase());
  });
});

import { expect, test } from 'vitest';
import {
  ERROR_KIND_NAMES,
  ERROR_KINDS,
  isErrorKind,
  POLICY_FIELDS,
  policyFieldsOf,
  type ErrorKind,
  type ErrorKindRow,
  type PolicyField,
} from '../../../src/core/errors/error-kinds.js';

const BAD_REQUEST = 'BadRequestErrorRetries';
const AUTHENTICATION = 'AuthenticationErrorRetries';
const INTERNAL = 'InternalServerErrorRetries';

type Rules = [
  kind: ErrorKind,
  status: number,
  parent: ErrorKind | null,
  fields: PolicyField[],
  retried: ErrorKindRow['retried'],
  moves: boolean,
];

/** The table of the rules, written out once more. */
const table: Rules[] = [
  ['BadRequestError', 400, null, [BAD_REQUEST], 'by policy', false],
  ['UnprocessableEntityError', 422, 'BadRequestError', [BAD_REQUEST], 'by policy', false],
  ['UnsupportedParamsError', 400, 'BadRequestError', ['UnsupportedParamsRetries', BAD_REQUEST], 'by policy', false],
  ['ContextWindowExceededError', 400, 'BadRequestError', [BAD_REQUEST], 'never', false],
  [
    'ContentPolicyViolationError',
    400,
    'BadRequestError',
    ['ContentPolicyViolationErrorRetries', BAD_REQUEST],
    'by policy',
    false,
  ],
  ['PaymentRequiredError', 402, 'BadRequestError', [BAD_REQUEST], 'by policy', true],
  ['AuthenticationError', 401, null, [AUTHENTICATION], 'by policy', true],
  ['PermissionDeniedError', 403, 'AuthenticationError', [AUTHENTICATION], 'by policy', true],
  ['NotFoundError', 404, null, ['NotFoundErrorRetries'], 'by policy', true],
  ['Timeout', 408, null, ['TimeoutErrorRetries'], 'by default', true],
  ['ConflictError', 409, null, [], 'by default', true],
  ['RateLimitError', 429, null, ['RateLimitErrorRetries'], 'by default', true],
  ['InternalServerError', 500, null, [INTERNAL], 'by default', true],
  ['BadGatewayError', 502, 'InternalServerError', [INTERNAL], 'by default', true],
  [
    'ServiceUnavailableError',
    503,
    'InternalServerError',
    ['ServiceUnavailableErrorRetries', INTERNAL],
    'by default',
    true,
  ],
  ['GatewayTimeoutError', 504, null, [INTERNAL, 'TimeoutErrorRetries'], 'by default', true],
  ['APIConnectionError', 502, 'InternalServerError', [INTERNAL], 'by default', true],
  ['InvalidResponseError', 502, 'InternalServerError', [INTERNAL], 'by default', true],
  ['JSONSchemaValidationError', 502, null, [], 'by default', true],
  ['ConfigError', 500, null, [], 'never', false],
  ['RequestTooLargeError', 413, null, [], 'never', false],
  ['ResponseTooLargeError', 502, null, [], 'never', false],
  ['AttemptsLostError', 503, null, [], 'never', false],
  ['CancelledError', 499, null, [], 'never', false],
];

test.each(table)('%s: status %i, parent %s, fields %j, retried %s, moves: %s', (kind, ...row) => {
  const { status, parent, retried, mayMove } = ERROR_KINDS[kind];
  expect([status, parent, policyFieldsOf(kind), retried, mayMove]).toEqual(row);
});

test('the table is complete', () => {
  expect(table.map(([kind]) => kind)).toEqual(ERROR_KIND_NAMES);
});

test('another group may help after every error but our own final ones', () => {
  expect(ERROR_KIND_NAMES.filter((kind) => !ERROR_KINDS[kind].fallsBack)).toEqual([
    'ConfigError',
    'RequestTooLargeError',
    'ResponseTooLargeError',
    'CancelledError',
  ]);
});

test('every policy field covers a kind, and DefaultRetries is the one that names none', () => {
  const covering = new Set(ERROR_KIND_NAMES.flatMap(policyFieldsOf));
  expect(POLICY_FIELDS.filter((field) => !covering.has(field))).toEqual(['DefaultRetries']);
});

test('only the names of kinds are kinds', () => {
  const names = [...ERROR_KIND_NAMES, 'timeout', 'constructor', '', undefined, null, 429];
  expect(names.filter(isErrorKind)).toEqual(ERROR_KIND_NAMES);
});

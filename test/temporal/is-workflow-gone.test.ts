import { expect, test } from 'vitest';
import { isWorkflowGone } from '../../src/temporal/is-workflow-gone.js';

const error = (code: number, message: string, details: string) =>
  Object.assign(new Error(message), { code, details, metadata: {} });

// Over the connection of a worker an error has no details.
test.each([
  ['a workflow that is not there', error(5, '5 NOT_FOUND: workflow not found', 'workflow not found'), true],
  ['the same, over the connection of a worker', error(5, 'workflow not found', ''), true],
  [
    'a namespace that is not there',
    error(5, '5 NOT_FOUND: Namespace x is not found.', 'Namespace x is not found.'),
    false,
  ],
  ['the same, over the connection of a worker', error(5, 'Namespace x is not found.', ''), false],
  ['a server that is away', error(14, '14 UNAVAILABLE: no connection', 'no connection'), false],
  ['an error of another sort', new Error('workflow not found'), false],
])('%s', (_what, given, isGone) => {
  expect(isWorkflowGone(given)).toBe(isGone);
});

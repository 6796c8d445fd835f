import { expect } from 'vitest';

export const ask = (model: string, content = 'Hello') => ({ model, messages: [{ role: 'user' as const, content }] });

/** Calls that fail, and what their workflow can tell of it. */
export const FAILED_CALLS = [
  {
    what: 'retries that are used up',
    request: ask('down'),
    expected: { kind: 'ServiceUnavailableError', status: 503, attempts: 2, entries: 2 },
  },
  {
    what: 'an error of the request',
    request: ask('bad'),
    expected: { kind: 'BadRequestError', status: 400, attempts: 1, entries: 1 },
  },
  {
    what: 'a model group that nobody has',
    request: ask('nobody'),
    expected: { kind: 'NotFoundError', status: 404, message: expect.stringContaining('model group "nobody"') },
  },
  { what: 'no messages', request: { model: 'good' }, expected: { kind: 'BadRequestError', status: 400 } },
  {
    what: 'a request too large for external storage',
    request: ask('good', 'x'.repeat(4 * 1024 * 1024)),
    expected: { kind: 'RequestTooLargeError', status: 413 },
  },
] as const;

/** More than goes through Temporal. */
export const LARGE_PROMPT = 'x'.repeat(3_000_000);

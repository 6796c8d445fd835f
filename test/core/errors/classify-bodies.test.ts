import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/core/errors/classify.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import type { ProviderError } from '../../../src/core/errors/failure-facts.js';
import { NOW_MS } from '../build.js';

interface Fixtures {
  readonly answers: readonly {
    what: string;
    kind: ErrorKind;
    status: number;
    notRetried?: boolean;
    body: Record<string, unknown>;
  }[];
}

describe.each(['openai', 'azure', 'litellm'])('bodies of %s', (provider) => {
  const url = new URL(`../fixtures/${provider}.json`, import.meta.url);
  const { answers } = JSON.parse(readFileSync(url, 'utf8')) as Fixtures;

  test.each(answers)('$status, $what: $kind', ({ kind, status, notRetried = false, body }) => {
    const cause = { type: 'http', status, error: errorOf(body) } as const;
    const failure = classify({ cause, phase: 'waiting for the answer', headers: {} }, NOW_MS);
    expect(failure).toMatchObject({ kind, status });
    expect(failure.notRetriedByDefault !== null).toBe(notRetried);
  });
});

/** The error of a body, as far as these fixtures need it. */
function errorOf(body: Record<string, unknown>): ProviderError {
  const error = (body['error'] ?? body) as Record<string, unknown>;
  const inner = (error['innererror'] ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    message: text(error['message']),
    type: text(error['type']),
    code: text(error['code']),
    param: text(error['param']),
    innerCode: text(inner['code']),
  };
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
import { readProviderError } from '../../src/providers/provider-error.js';

interface Text {
  readonly provider: string;
  readonly status: number;
  readonly body: unknown;
  /** An error kind; `insufficient_quota` is a RateLimitError that is not retried. */
  readonly want: string;
}

const NOW_MS = Date.UTC(2026, 10, 22, 12);

describe.each(['context-texts.json', 'more-texts.json'])('%s', (file) => {
  const { texts } = JSON.parse(readFileSync(new URL(`../field/${file}`, import.meta.url), 'utf8')) as { texts: Text[] };

  test.each(texts)('$provider ($status): $want', ({ status, body, want }) => {
    const error = readProviderError(typeof body === 'string' ? body : JSON.stringify(body), []);
    const failure = classify(
      { cause: { type: 'http', status, error }, phase: 'waiting for the answer', headers: {} },
      NOW_MS,
    );
    const isQuota = want === 'insufficient_quota';
    expect(failure).toMatchObject({ kind: isQuota ? 'RateLimitError' : want, status });
    expect(failure.notRetriedByDefault !== null).toBe(isQuota);
    expect(failure.code === 'insufficient_quota').toBe(isQuota);
  });
});

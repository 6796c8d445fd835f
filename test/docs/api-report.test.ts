import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { apiPages, apiReport, REPORT_PATH } from '../../scripts/api-report.js';

describe('docs/api-report.txt', () => {
  test('is what the package exports: after a change that is meant, run npm run build && npm run api-report', () => {
    expect(apiReport()).toBe(readFileSync(REPORT_PATH, 'utf8'));
  });

  test('has no internals, and no files of others', () => {
    const text = apiReport();
    expect(text).not.toMatch(/\b(?:over\(|jitter|firstTask|isKnownModel)|@temporalio\/common\/lib/);
    expect(text).not.toMatch(/from '\.|import\('\./);
  });
});

test('docs/api is what the types of the build say: run npm run build && npm run api-report', () => {
  for (const { path, text } of apiPages()) {
    expect(text).toBe(readFileSync(path, 'utf8'));
    expect(text).not.toMatch(/^ +private |from '\.|import\('\./m);
  }
});

import { expect, test } from 'vitest';
import { auditReport, type Lock, type NpmAudit } from '../../scripts/audit-report.js';

const LOCK: Lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/fastify': { version: '5.0.0' },
    'node_modules/worker': { version: '1.0.0' },
    'node_modules/worker/node_modules/@swc/core': { version: '1.16.0', hasInstallScript: true },
    'node_modules/tsx': { version: '4.0.0', dev: true },
    'node_modules/esbuild': { version: '0.28.0', dev: true, hasInstallScript: true },
  },
};
const COUNTS = [
  'production dependencies: 3 of 5 packages',
  'with install scripts: @swc/core 1.16.0, esbuild 0.28.0 (development)',
];

const withSeverity = (severity: string): NpmAudit => ({
  vulnerabilities: {
    fastify: {
      name: 'fastify',
      severity,
      range: '<5.1.0',
      via: [{ title: 'Too open', url: 'https://a.test/1' }, 'cookie'],
    },
  },
});

test.each<[what: string, audit: NpmAudit | null, line: string, fails: boolean]>([
  ['no advisory', { vulnerabilities: {} }, 'known advisories: none', false],
  ['a moderate one', withSeverity('moderate'), 'moderate: fastify <5.1.0: Too open https://a.test/1; by cookie', false],
  ['a high one', withSeverity('high'), 'high: fastify <5.1.0: Too open https://a.test/1; by cookie', true],
  ['a critical one', withSeverity('critical'), 'critical: fastify <5.1.0: Too open https://a.test/1; by cookie', true],
  [
    'a registry without advisories',
    { message: '405 Method Not Allowed', error: {} },
    'not audited: 405 Method Not Allowed',
    false,
  ],
  ['no network', { error: { summary: 'getaddrinfo ENOTFOUND' } }, 'not audited: getaddrinfo ENOTFOUND', false],
  ['no JSON', null, 'not audited: npm told nothing that can be read', false],
])('%s', (_, audit, line, fails) => {
  expect(auditReport(LOCK, audit)).toEqual({ lines: [...COUNTS, line], fails });
});

test('a lock without install scripts', () => {
  expect(auditReport({ packages: {} }, null).lines).toContain('with install scripts: none');
});

import { describe, expect, test } from 'vitest';
import { versionOf } from '../../src/cli/worker-options.js';
import { deploymentOptions } from '../../src/worker/versioning.js';

describe('the version of a worker', () => {
  test('is none without options', () => {
    expect(versionOf({})).toBeUndefined();
  });

  test.each([
    ['pinned, unless it is said', undefined, 'PINNED'],
    ['pinned', 'pinned', 'PINNED'],
    ['auto-upgrade', 'auto-upgrade', 'AUTO_UPGRADE'],
  ] as const)('%s', (_, versioning, defaultVersioningBehavior) => {
    const version = versionOf({ deployment: 'llm', buildId: '7', ...(versioning && { versioning }) });
    expect(version && deploymentOptions(version)).toEqual({
      version: { deploymentName: 'llm', buildId: '7' },
      useWorkerVersioning: true,
      defaultVersioningBehavior,
    });
  });

  test.each([
    ['a deployment without a build', { deployment: 'llm' }],
    ['a build without a deployment', { buildId: '7' }],
    ['a behavior of no version', { versioning: 'pinned' }],
  ] as const)('%s is refused', (_, options) => {
    expect(() => versionOf(options)).toThrow(/--deployment and --build-id belong together/);
  });
});

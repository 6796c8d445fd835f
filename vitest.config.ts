import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 4,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A reason has the values whole: the closing lines of `.ci/run` have nothing else.
    chaiConfig: { truncateThreshold: 1_000 },
    coverage: {
      provider: 'v8',
      include: ['src/core/**'],
      reporter: ['text', 'json-summary'],
      thresholds: { branches: 100 },
    },
    projects: [
      // The rules are pure: their tests need no server, so they start at once.
      { extends: true, test: { name: 'core', isolate: false, include: ['test/core/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'main',
          include: ['test/**/*.test.ts'],
          exclude: ['test/core/**'],
          globalSetup: ['test/global-setup.ts'],
        },
      },
    ],
  },
});

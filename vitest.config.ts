import { defineConfig } from 'vitest/config';
import { WaitingBesideComputing } from './test/sequencer.js';

/**
 * Measure memory and CPU of their process; load TypeScript as a process without the tests' own loader does; take the turns of
 * the event loop for the simulator's.
 */
const ALONE = [
  'test/batch/memory.test.ts',
  'test/providers/held-bodies.test.ts',
  'test/requests/cost.test.ts',
  'test/callbacks/load-callbacks.test.ts',
  'test/sim/shared-limits.test.ts',
  'test/sim/outage.test.ts',
];

const PROPERTIES = ['test/properties.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    // More than there are processors: tests of kills and outages wait for most of their time.
    maxWorkers: 8,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Servers that stop on a busy machine; only what fails waits so long.
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
    sequence: { sequencer: WaitingBesideComputing },
    // A reason has the values whole: the closing lines of `.ci/run` have nothing else.
    chaiConfig: { truncateThreshold: 1_000 },
    coverage: {
      provider: 'v8',
      include: ['src/core/**'],
      reporter: ['text', 'json-summary'],
      thresholds: { branches: 100 },
    },
    projects: [
      // The rules are pure: their tests need no server.
      {
        extends: true,
        test: { name: 'core', isolate: false, include: ['test/core/**/*.test.ts'], setupFiles: PROPERTIES },
      },
      { extends: true, test: { name: 'alone', include: ALONE, setupFiles: PROPERTIES } },
      {
        extends: true,
        test: {
          name: 'main',
          // A process takes file after file: to load the modules and the SDK for each file cost as much as its tests.
          isolate: false,
          // Most objects die young: with more room for them they are collected seldom, at a twelfth less CPU.
          execArgv: ['--max-semi-space-size=64'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/core/**', ...ALONE],
          globalSetup: ['test/global-setup.ts'],
          setupFiles: [...PROPERTIES, 'test/setup.ts'],
        },
      },
    ],
  },
});

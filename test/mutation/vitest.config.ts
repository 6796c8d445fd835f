import { defineConfig } from 'vitest/config';

/** The tests of the rules alone: they need no server. Random worlds would take seconds for each mutant. */
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    exclude: ['test/core/batch/batch-random.test.ts'],
    isolate: false,
    testTimeout: 180_000,
  },
});

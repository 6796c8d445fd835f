import { afterAll, vi } from 'vitest';
import { installTestRuntime } from './helpers/temporal.js';

// Before any file of the process has the SDK make a runtime by itself.
installTestRuntime();

// The next file of the process finds what this one has found.
afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
